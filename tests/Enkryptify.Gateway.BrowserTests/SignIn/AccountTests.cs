using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.SignIn;

/// <summary>One's own account: name, password, sessions.</summary>
public class AccountTests(Stage stage)
{
    private const string NewPassword = "a much better password";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_new_password_ends_what_was_signed_in_elsewhere(bool scripts)
    {
        var person = await stage.House.Gateway.People.Join("member");
        await stage.House.Browse(person, async tab =>
        {
            await tab.Go("/account");
            tab.Conduct.Allow(400);
            tab.Conduct.Allow(401);
            await Change(tab, "not this", NewPassword, NewPassword + "?");
            await tab.Sees("not the same as the new password");
            await Change(tab, People.Password, NewPassword, NewPassword);
            await tab.Sees("Your password is changed.");
            await tab.IsAt("/account");
            Assert.Equal(401, (await person.Api.Get("/v1/me")).Status);
        }, scripts);
        await stage.House.Browse(null, async tab =>
        {
            await tab.Go("/sign-in");
            tab.Conduct.Allow(401);
            await tab.SignIn(person.Email);
            await tab.Sees("E-mail or password is wrong.");
            await tab.SignIn(person.Email, NewPassword);
            await tab.IsAt("/w/acme/credentials");
        }, scripts);

        static async Task Change(Tab tab, string current, string wanted, string again)
        {
            await tab.Fill("Current password", current);
            await tab.Fill("New password", wanted);
            await tab.Fill("New password, once more", again);
            await tab.Press("Change the password");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_sees_where_one_is_signed_in_and_ends_it(bool scripts)
    {
        var person = await stage.House.Gateway.People.Join("member");
        await stage.House.Browse(person, async tab =>
        {
            await tab.Go("/account");
            await tab.Button("End the session of the command line at 127.0.0.1").ClickAsync();
            await tab.Sees("That session has ended.");
            Assert.Equal(401, (await person.Api.Get("/v1/me")).Status);
            var again = await stage.House.Gateway.People.SignIn(person.Email);
            await tab.Link("Sign out everywhere").ClickAsync();
            await tab.Sees("Sign out everywhere?");
            await tab.Press("Sign out everywhere");
            await tab.IsAt("/sign-in");
            Assert.Equal(401, (await again.Get("/v1/me")).Status);
        }, scripts);
    }

    [Fact]
    public async Task A_name_is_shown_as_it_was_typed()
    {
        var person = await stage.House.Gateway.People.Join("member");
        const string name = "<script>window.hit=1</script> \"O’Neill\" \u202e&amp;";
        await stage.House.Browse(person, async tab =>
        {
            await tab.Go("/account");
            await tab.Fill("Your name", name);
            await tab.Press("Save");
            await tab.Sees("Your name is changed.");
            Assert.Equal(name, await tab.Field("Your name").InputValueAsync());
            await Expect(tab.Page.Locator("details.account summary bdi").First).ToHaveTextAsync(name);
        });
    }
}
