using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>
/// Where a request goes: scheme, host, port, each in one spelling only (lower case, punycode, canonical addresses, no dot at the end), so that what the
/// allow-list compares is what the connection uses. An entry of the allow-list is one too; there the host may begin with <c>*.</c> for one label.
/// </summary>
internal sealed record Origin(string Scheme, string Host, int Port)
{
    public const string Wildcard = "*.";

    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true };

    private int DefaultPort => Scheme == "https" ? 443 : 80;

    public override string ToString() => Port == DefaultPort ? $"{Scheme}://{Host}" : string.Create(CultureInfo.InvariantCulture, $"{Scheme}://{Host}:{Port}");

    /// <summary>Whether this entry of an allow-list allows an origin.</summary>
    public bool Allows(Origin origin) => Scheme == origin.Scheme && Port == origin.Port && (Host == origin.Host || IsOneLabelBelow(origin.Host));

    /// <param name="field">The name of the field, for the complaint.</param>
    /// <param name="entry">Whether it is an entry of an allow-list.</param>
    public static Outcome<Origin> Parse(string field, string scheme, string authority, bool entry = false)
    {
        if (!scheme.Equals("http", StringComparison.OrdinalIgnoreCase) && !scheme.Equals("https", StringComparison.OrdinalIgnoreCase))
        {
            return Refusal.Invalid(field, "must begin with http:// or https://");
        }

        if (authority.Contains('%', StringComparison.Ordinal))
        {
            return Refusal.Invalid(field, "must have no placeholder, percent-escape or zone in its host or port");
        }

        if (authority.Contains('@', StringComparison.Ordinal))
        {
            return Refusal.Invalid(field, "must have no user or password before its host; send an Authorization header");
        }

        var colon = authority.LastIndexOf(':');
        var (host, port) = colon > authority.LastIndexOf(']') ? (authority[..colon], authority[(colon + 1)..]) : (authority, null);
        var wildcard = entry && host.StartsWith(Wildcard, StringComparison.Ordinal);
        if (CanonicalHost(wildcard ? host[2..] : host) is not { } canonical || (wildcard && IPAddress.TryParse(canonical.Trim('[', ']'), out _)))
        {
            return Refusal.Invalid(field, "must have a host name or an IP address after its scheme");
        }

        var made = new Origin(scheme.ToLowerInvariant(), wildcard ? Wildcard + canonical : canonical, 0);
        if (port is null)
        {
            return made with { Port = made.DefaultPort };
        }

        return port.Length is > 0 and <= 5 && int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65535
            ? made with { Port = number }
            : Refusal.Invalid(field, "must have a port from 1 to 65535, or none");
    }

    /// <summary>An entry of an allow-list: <c>scheme://host[:port]</c> and nothing after it.</summary>
    public static Outcome<Origin> ParseEntry(string field, string text)
    {
        var end = text.IndexOf("://", StringComparison.Ordinal);
        if (end < 0 || text.AsSpan(end + 3).ContainsAny("/?#\\"))
        {
            return Refusal.Invalid(field, "must be an origin such as https://api.example.com or https://*.example.com:8443, without a path");
        }

        return Parse(field, text[..end], text[(end + 3)..], entry: true);
    }

    private bool IsOneLabelBelow(string host)
    {
        if (!Host.StartsWith(Wildcard, StringComparison.Ordinal))
        {
            return false;
        }

        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && host.AsSpan(dot).SequenceEqual(Host.AsSpan(1));
    }

    private static string? CanonicalHost(string host)
    {
        if (host.StartsWith('['))
        {
            return host.EndsWith(']') && IPAddress.TryParse(host.AsSpan(1..^1), out var v6) && v6 is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: 0 }
                ? $"[{v6}]"
                : null;
        }

        if (Ascii(host) is not { } name)
        {
            return null;
        }

        if (name.EndsWith('.'))
        {
            name = name[..^1];
        }

        var labels = name.Split('.');
        if (name.Length > 253 || Array.Exists(labels, label => label.Length is 0 or > 63))
        {
            return null;
        }

        // As browsers judge it: a last label that is a number makes all of it an IPv4 address, in any of the old notations (inet_aton(3)).
        return IsNumber(labels[^1]) ? IPAddress.TryParse(name, out var v4) && v4.AddressFamily == AddressFamily.InterNetwork ? v4.ToString() : null : name;
    }

    /// <summary>In lower case and punycode; null when it holds anything that no host name has.</summary>
    private static string? Ascii(string host)
    {
        try
        {
            var name = (System.Text.Ascii.IsValid(host) ? host : Idn.GetAscii(host)).ToLowerInvariant();
            return name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') ? name : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static bool IsNumber(string label) =>
        label.All(char.IsAsciiDigit) || (label.StartsWith("0x", StringComparison.Ordinal) && label.AsSpan(2).IndexOfAnyExcept("0123456789abcdef") < 0);
}
