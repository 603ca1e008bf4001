using Enkryptify.Gateway.Identity.Sso;
using Microsoft.Extensions.Time.Testing;

namespace Enkryptify.Gateway.Tests.Identity.Sso;

/// <summary>What visitors who have proven nothing may make the gateway remember is bounded.</summary>
public class OpenSignInsTests
{
    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void One_network_opens_only_so_many_until_they_expire_or_come_back()
    {
        var open = new OpenSignIns(clock);
        var first = open.Open("192.0.2.1", null)!.Value;
        for (var i = 1; i < OpenSignIns.MaxPerNetwork; i++)
        {
            Assert.NotNull(open.Open("192.0.2.1", null));
        }

        Assert.Null(open.Open("192.0.2.1", null));
        Assert.NotNull(open.Open("192.0.2.2", null));

        Assert.NotNull(open.Take(first.State, first.Cookie.Reveal()));
        Assert.NotNull(open.Open("192.0.2.1", null));
        Assert.Null(open.Open("192.0.2.1", null));

        clock.Advance(OpenSignIns.Lifetime);
        Assert.NotNull(open.Open("192.0.2.1", null));
    }

    [Fact]
    public void When_all_places_are_taken_the_oldest_gives_way()
    {
        var open = new OpenSignIns(clock);
        var all = Enumerable.Range(0, OpenSignIns.MaxOpen + 1).Select(i => open.Open($"192.0.2.{i / 100}", null)!.Value).ToList();

        Assert.Null(open.Take(all[0].State, all[0].Cookie.Reveal()));
        Assert.NotNull(open.Take(all[1].State, all[1].Cookie.Reveal()));
        Assert.NotNull(open.Take(all[^1].State, all[^1].Cookie.Reveal()));
    }

    [Fact]
    public void A_wrong_cookie_uses_the_state_up()
    {
        var open = new OpenSignIns(clock);
        var (state, cookie, _) = open.Open("192.0.2.1", null)!.Value;

        Assert.Null(open.Take(state, "another"));
        Assert.Null(open.Take(state, cookie.Reveal()));
    }

    [Fact]
    public void What_is_random_never_repeats_and_the_challenge_is_that_of_the_standard()
    {
        var open = new OpenSignIns(clock);
        var opened = Enumerable.Range(0, 100).Select(_ => open.Open("192.0.2.1", null)!.Value).ToList();
        Assert.Equal(400, opened.SelectMany(one => (string[])[one.State, one.Cookie.Reveal(), one.SignIn.Nonce, one.SignIn.Verifier.Reveal()]).Distinct().Count());

        // RFC 7636 appendix B.
        Assert.Equal("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", OpenSignIns.Challenge(new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")));
    }
}
