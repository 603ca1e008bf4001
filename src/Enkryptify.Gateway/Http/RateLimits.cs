using System.Net;
using System.Net.Sockets;
using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Http;

/// <summary>The state of one limit after a request counted against it; what the <c>RateLimit-*</c> headers say.</summary>
internal readonly record struct RateState(int Limit, int Remaining, int ResetSeconds, bool Exceeded);

/// <summary>
/// Requests per minute and key, counted in windows of a minute that begin with a key's first request. At most <see cref="MaxKeys"/> keys; when
/// more come within a minute, those beyond share one window, so that a flood of addresses costs no memory and is limited as one.
/// </summary>
internal sealed class RateLimiter<TKey>(int perMinute, TimeProvider time)
    where TKey : struct
{
    public const int MaxKeys = 100_000;

    private readonly Lock gate = new();
    private readonly Dictionary<TKey, Window> windows = [];
    private Window overflow;
    private long sweptAt = time.GetTimestamp();

    public bool IsOff => perMinute == 0;

    public RateState Count(TKey key)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            Sweep(now);
            if (windows.Count >= MaxKeys && !windows.ContainsKey(key))
            {
                overflow = Advance(overflow, now);
                return State(overflow, now);
            }

            var window = Advance(windows.GetValueOrDefault(key), now);
            windows[key] = window;
            return State(window, now);
        }
    }

    private Window Advance(Window window, long now) =>
        window.Count == 0 || time.GetElapsedTime(window.Began, now) >= TimeSpan.FromMinutes(1)
            ? new Window(now, 1)
            : window with { Count = Math.Min(window.Count + 1, int.MaxValue - 1) };

    private RateState State(Window window, long now)
    {
        var reset = (int)Math.Ceiling((TimeSpan.FromMinutes(1) - time.GetElapsedTime(window.Began, now)).TotalSeconds);
        return new RateState(perMinute, Math.Max(0, perMinute - window.Count), Math.Max(1, reset), window.Count > perMinute);
    }

    /// <summary>Drops ended windows, once a minute.</summary>
    private void Sweep(long now)
    {
        if (time.GetElapsedTime(sweptAt, now) < TimeSpan.FromMinutes(1))
        {
            return;
        }

        sweptAt = now;
        foreach (var (key, window) in windows)
        {
            if (time.GetElapsedTime(window.Began, now) >= TimeSpan.FromMinutes(1))
            {
                windows.Remove(key);
            }
        }
    }

    private readonly record struct Window(long Began, int Count);
}

/// <summary>The two limits of contract section 2: by client address on all of <c>/v1</c>, by credential on the exchange.</summary>
internal sealed class RateLimits(RateLimitConfig config, TimeProvider time)
{
    private readonly RateLimiter<AddressKey> byAddress = new(config.RequestsPerMinutePerAddress, time);
    private readonly RateLimiter<Guid> byCredential = new(config.ExchangesPerMinutePerCredential, time);

    /// <summary>Requests that the limit by address turned away.</summary>
    public Counter BeyondAddress { get; } = new();

    /// <summary>Exchanges that the limit by credential turned away.</summary>
    public Counter BeyondCredential { get; } = new();

    /// <summary>Null when the limit is off, or for the admin socket, which has no address.</summary>
    public RateState? CountRequest(IPAddress? address) => byAddress.IsOff || address is null ? null : Counted(byAddress.Count(new AddressKey(address)), BeyondAddress);

    public RateState? CountExchange(Guid credential) => byCredential.IsOff ? null : Counted(byCredential.Count(credential), BeyondCredential);

    private static RateState Counted(RateState state, Counter beyond)
    {
        if (state.Exceeded)
        {
            beyond.Add();
        }

        return state;
    }

    /// <summary>Sets the headers, unless a tighter limit has set them already.</summary>
    public static void Show(HttpResponse response, RateState? state)
    {
        if (state is not { } s)
        {
            return;
        }

        var headers = response.Headers;
        if (int.TryParse(headers["RateLimit-Remaining"], out var shown) && shown <= s.Remaining && !s.Exceeded)
        {
            return;
        }

        headers["RateLimit-Limit"] = s.Limit.ToString(System.Globalization.CultureInfo.InvariantCulture);
        headers["RateLimit-Remaining"] = s.Remaining.ToString(System.Globalization.CultureInfo.InvariantCulture);
        headers["RateLimit-Reset"] = s.ResetSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (s.Exceeded)
        {
            headers.RetryAfter = s.ResetSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>An IPv4 address, or the /64 of an IPv6 address: one site holds 2^64 addresses of the latter.</summary>
    private readonly record struct AddressKey(ulong Prefix, bool IsV6)
    {
        public AddressKey(IPAddress address)
            : this(Of(address), address.AddressFamily == AddressFamily.InterNetworkV6)
        {
        }

        private static ulong Of(IPAddress address)
        {
            Span<byte> bytes = stackalloc byte[16];
            address.TryWriteBytes(bytes, out _);
            return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes);
        }
    }
}
