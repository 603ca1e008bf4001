using System.Collections.Immutable;
using System.Net;

namespace Enkryptify.Gateway.Configuration;

/// <summary>The proxy endpoint, <c>/proxy</c>.</summary>
/// <param name="AllowedRanges">What is opened beyond public addresses; the second of the two gates, and the operator's alone.</param>
/// <param name="Timeout">Until the upstream's head is there; of an answer in an envelope, until all of it is.</param>
/// <param name="StreamTimeout">For a whole call whose answer is streamed.</param>
/// <param name="MaxConcurrentPerWorkspace">Calls under way at once; beyond, 429.</param>
/// <param name="MaxEnvelopeBytes">The largest body that is put into an envelope.</param>
internal sealed record ProxyConfig(
    bool Enabled, ImmutableArray<IPNetwork> AllowedRanges, TimeSpan Timeout, TimeSpan StreamTimeout, int MaxConcurrentPerWorkspace, int MaxEnvelopeBytes);

/// <summary>The keys of <c>[proxy]</c>.</summary>
internal static class ProxySettings
{
    public static ProxyConfig Read(SettingReader read)
    {
        bool enabled = read.Value("proxy.enabled", new Truth(), true);
        ImmutableArray<IPNetwork> ranges = read.Value(
            "proxy.allowed_ranges", new ListOf<IPNetwork>(new AddressRange("would open every network to the proxy endpoint; list the ones that are meant"), mayBeEmpty: true), []);
        int timeout = read.Value("proxy.timeout_seconds", new WholeNumber(1, 600), 30);
        int stream = read.Value("proxy.stream_timeout_seconds", new WholeNumber(1, 86_400), 600);
        if (stream < timeout && read.IsSound("proxy.stream_timeout_seconds") && read.IsSound("proxy.timeout_seconds"))
        {
            read.Reject("proxy.stream_timeout_seconds", "must not be less than proxy.timeout_seconds, which it includes");
        }
        return new ProxyConfig(
            enabled,
            ranges,
            TimeSpan.FromSeconds(timeout),
            TimeSpan.FromSeconds(stream),
            read.Value("proxy.max_concurrent_per_workspace", new WholeNumber(1, 100_000), 64),
            read.Value("proxy.max_envelope_mib", new WholeNumber(1, 256), 16) << 20);
    }
}
