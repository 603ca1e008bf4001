using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.SignIn;

/// <summary>What happens at the other end of an invitation's link.</summary>
public class InviteTests(Stage stage)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Somebody_new_makes_an_account_and_is_in(bool scripts)
    {
        var email = $"new.person.{(scripts ? 1 : 0)}@acme.test";
        var (_, code) = await stage.House.Gateway.People.Invite(email, "developer");
        await stage.House.Browse(null, async tab =>
        {
            await tab.Go("/invite/" + code);
            await tab.Sees(email);
            tab.Conduct.Allow(400);
            await tab.Fill("Your name", "New Person");
            await tab.Fill("Choose a password", "short");
            await tab.Page.EvaluateAsync("() => document.querySelectorAll('form').forEach(form => form.noValidate = true)");
            await tab.Press("Make an account and join");
            await tab.Sees("at least 8 characters");
            Assert.Equal("New Person", await tab.Field("Your name").InputValueAsync());
            await tab.Fill("Choose a password", People.Password);
            await tab.Press("Make an account and join");
            await tab.IsAt("/w/acme/projects");
            await tab.Go("/invite/" + code, 404);
            await tab.Sees("cannot be opened");
        }, scripts);
        await stage.House.Gateway.People.SignIn(email);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Somebody_with_an_account_accepts_signed_in_as_themselves(bool scripts)
    {
        var gateway = stage.House.Gateway;
        var person = await gateway.People.Join("member", workspace: "other");
        var (_, code) = await gateway.People.Invite(person.Email, "member");
        await stage.House.Browse(stage.House.Admin, async tab =>
        {
            await tab.Go("/invite/" + code);
            await tab.Sees("This invitation is for another account than yours");
            Assert.Equal(0, await tab.Button("Accept").CountAsync());
        }, scripts);
        await stage.House.Browse(null, async tab =>
        {
            await tab.Go("/invite/" + code);
            await tab.Link("Sign in to an account that you have").ClickAsync();
            await tab.SignIn(person.Email);
            await tab.IsAt("/invite/" + code);
            await tab.Press("Accept");
            await tab.IsAt("/w/acme/projects");
        }, scripts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Declined_the_link_is_used_up(bool scripts)
    {
        var (_, code) = await stage.House.Gateway.People.Invite($"declines.{(scripts ? 1 : 0)}@acme.test");
        await stage.House.Browse(null, async tab =>
        {
            await tab.Go("/invite/" + code);
            await tab.Link("Decline the invitation").ClickAsync();
            await tab.Sees("Decline this invitation?");
            await tab.Press("Decline");
            await tab.Sees("You will not join.");
            await tab.Go("/invite/" + code, 404);
        }, scripts);
    }
}
