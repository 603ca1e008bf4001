using System.Net;
using CsCheck;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Http;
using Microsoft.Extensions.Time.Testing;

namespace Enkryptify.Gateway.Tests.Http;

/// <summary>The counting itself, on a clock that the test moves.</summary>
public class RateLimiterTests
{
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)] // one /64 is one site
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2::1", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:2:2::1", false)]
    [InlineData("fe80::1%1", "fe80::2%2", true)]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "c000:201::", false)] // the same leading bytes, but of the other family
    public void Addresses_share_a_limit(string first, string second, bool shared)
    {
        var limits = new RateLimits(new RateLimitConfig(10, 0), clock);
        Assert.Equal(9, limits.CountRequest(IPAddress.Parse(first))!.Value.Remaining);
        Assert.Equal(shared ? 8 : 9, limits.CountRequest(IPAddress.Parse(second))!.Value.Remaining);
    }

    [Fact]
    public void Nobodys_address_and_a_limit_of_zero_are_not_counted()
    {
        Assert.Null(new RateLimits(new RateLimitConfig(10, 0), clock).CountRequest(null));
        Assert.Null(new RateLimits(new RateLimitConfig(0, 10), clock).CountRequest(IPAddress.Loopback));
        Assert.Null(new RateLimits(new RateLimitConfig(10, 0), clock).CountExchange(Guid.Empty));
    }

    /// <summary>Against the rule as written: a window of a minute begins with the first request that finds none.</summary>
    [Fact]
    public void A_window_lets_through_what_the_limit_says_whatever_the_pace() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[0, 25].Array[1, 60], Gen.Int[0, 2].Array[60]).Sample((limit, pauses, keys) =>
        {
            var time = new FakeTimeProvider(new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));
            var limiter = new RateLimiter<int>(limit, time);
            var windows = new Dictionary<int, (DateTimeOffset Began, int Count)>();
            for (var i = 0; i < pauses.Length; i++)
            {
                time.Advance(TimeSpan.FromSeconds(pauses[i]));
                var (now, key) = (time.GetUtcNow(), keys[i]);
                var window = windows.TryGetValue(key, out var known) && now - known.Began < TimeSpan.FromMinutes(1) ? (known.Began, known.Count + 1) : (now, 1);
                windows[key] = window;
                var state = limiter.Count(key);
                Assert.Equal(window.Item2 > limit, state.Exceeded);
                Assert.Equal(Math.Max(0, limit - window.Item2), state.Remaining);
                Assert.Equal((window.Item1.AddMinutes(1) - now).TotalSeconds, state.ResetSeconds);
            }
        }, iter: 2_000);

    [Fact]
    public void The_reset_is_whole_seconds_rounded_up_and_never_zero()
    {
        var limiter = new RateLimiter<int>(5, clock);
        Assert.Equal(60, limiter.Count(1).ResetSeconds);
        clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(60, limiter.Count(1).ResetSeconds);
        clock.Advance(TimeSpan.FromMilliseconds(59_899));
        Assert.Equal(1, limiter.Count(1).ResetSeconds);
    }

    [Fact]
    public void A_flood_of_keys_shares_one_window_and_leaves_known_keys_theirs()
    {
        var limiter = new RateLimiter<int>(2, clock);
        limiter.Count(-1);
        for (var i = 0; i < RateLimiter<int>.MaxKeys - 1; i++)
        {
            Assert.False(limiter.Count(i).Exceeded);
        }

        Assert.False(limiter.Count(1_000_001).Exceeded);
        Assert.False(limiter.Count(1_000_002).Exceeded);
        Assert.True(limiter.Count(1_000_003).Exceeded);
        Assert.False(limiter.Count(-1).Exceeded);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False(limiter.Count(1_000_003).Exceeded);
        Assert.Equal(1, limiter.Count(1_000_004).Remaining);
    }
}
