using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.SignIn;

/// <summary>Signing in and out, as a person does it, with scripts and without.</summary>
public class SignInTests(Stage stage)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Whoever_opens_a_page_signs_in_and_is_where_they_wanted_to_be(bool scripts) => stage.House.Browse(null, async tab =>
    {
        await tab.Go("/account");
        await tab.IsAt("/sign-in");
        tab.Conduct.Allow(401);
        await tab.SignIn(stage.House.Member.Email, "not my password");
        await tab.Sees("E-mail or password is wrong.");
        Assert.Equal(stage.House.Member.Email, await tab.Field("E-mail").InputValueAsync());
        Assert.Equal("", await tab.Field("Password").InputValueAsync());
        await tab.SignIn(stage.House.Member.Email);
        await tab.IsAt("/account");
        await tab.Sees(stage.House.Member.Email);
    }, scripts);

    [Theory]
    [InlineData("//evil.test/")]
    [InlineData("/\\evil.test/")]
    [InlineData("https://evil.test/")]
    [InlineData("javascript:alert(1)")]
    public Task A_link_cannot_send_them_elsewhere_afterwards(string next) => stage.House.Browse(null, async tab =>
    {
        await tab.Go("/sign-in?next=" + Uri.EscapeDataString(next));
        await tab.SignIn(stage.House.Owner.Email);
        await tab.IsAt("/");
        Assert.DoesNotContain(tab.Conduct.Requested, url => url.Contains("evil", StringComparison.Ordinal) && !url.Contains("/sign-in?", StringComparison.Ordinal));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task After_signing_out_the_back_button_shows_nothing(bool scripts) => stage.House.Browse(stage.House.Member, async tab =>
    {
        await tab.Go("/account");
        await tab.Page.Locator("details.account summary").ClickAsync();
        await tab.Press("Sign out");
        await tab.IsAt("/sign-in");
        await tab.Page.GoBackAsync();
        await tab.IsAt("/sign-in");
        await tab.SeesNo(stage.House.Member.Email);
    }, scripts);

    [Fact]
    public async Task A_session_that_has_ended_says_so_and_goes_on_after_the_sign_in()
    {
        await using var house = await House.Open(stage);
        await house.Browse(house.Owner, async tab =>
        {
            await tab.Go("/account");
            house.Gateway.Clock.Advance(TimeSpan.FromHours(13));
            await tab.Page.ReloadAsync();
            await tab.IsAt("/sign-in");
            await tab.Sees("Your session has ended");
            await tab.SignIn(house.Owner.Email);
            await tab.IsAt("/account");
        });
    }

    [Fact]
    public async Task Another_site_cannot_use_the_session()
    {
        var house = stage.House;
        await using var elsewhere = await RigTests.BadPages.Serve(
            $"<form method=post action='{house.Url}sign-out'><input name=_form value=x><button>Win a prize</button></form> <iframe src='{house.Url}account'></iframe>", policy: null);
        await house.Browse(house.Member, async tab =>
        {
            tab.Conduct.AllowOrigin(elsewhere.Url);
            tab.Conduct.AllowText("frame-ancestors 'none'");
            tab.Conduct.Allow(401);
            tab.Conduct.Allow(403);
            await tab.Page.GotoAsync(elsewhere.Url.ToString());
            Assert.DoesNotContain(house.Member.Email, await Inside(tab.Page.Frames[1]), StringComparison.Ordinal);
            await tab.Press("Win a prize");
            await tab.IsAt("/sign-out");
            await tab.Go("/account");
            await tab.Sees(house.Member.Email);
        });

        static async Task<string> Inside(IFrame frame)
        {
            try
            {
                return await frame.Locator("body").InnerTextAsync(new LocatorInnerTextOptions { Timeout = 1000 });
            }
            catch (TimeoutException)
            {
                return "";
            }
        }
    }

    [Fact]
    public Task The_session_is_out_of_reach_of_scripts_and_ends_with_the_browser() => stage.House.Browse(null, async tab =>
    {
        await tab.Go("/sign-in");
        await tab.SignIn(stage.House.Owner.Email);
        await tab.IsAt("/");
        Assert.Equal("", await tab.Page.EvaluateAsync<string>("() => document.cookie"));
        var cookie = Assert.Single(await tab.Page.Context.CookiesAsync(), cookie => cookie.Name.EndsWith("ekgw-session", StringComparison.Ordinal));
        Assert.Equal((true, SameSiteAttribute.Strict, -1f), (cookie.HttpOnly, cookie.SameSite, cookie.Expires));
        Assert.DoesNotContain(tab.Conduct.Requested, url => url.Contains(cookie.Value, StringComparison.Ordinal));
    });
}
