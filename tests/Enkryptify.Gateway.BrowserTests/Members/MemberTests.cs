using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.Members;

/// <summary>Members: invite, follow the link, change, remove; and who may do none of it.</summary>
public class MemberTests(Stage stage)
{
    private const string MembersPath = "/w/acme/members";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Somebody_is_invited_joins_is_changed_and_removed(bool scripts)
    {
        var (house, email, link) = (stage.House, $"invited.{(scripts ? 1 : 0)}@acme.test", "");
        await house.Browse(house.Admin, async tab =>
        {
            await tab.Go(MembersPath);
            await tab.Link("Invite").First.ClickAsync();
            await tab.Fill("E-mail", email);
            await tab.Page.Locator("input[name=role][value=member]").CheckAsync();
            await tab.Page.Locator("input[name=access][value=chosen]").CheckAsync();
            await tab.Page.Locator($".tree input[value='{house.Acme.ShopDev}']").CheckAsync();
            await tab.Press("Make the invitation");
            link = await tab.Field("Link").InputValueAsync();
            Assert.StartsWith(house.Url + "invite/", link, StringComparison.Ordinal);
            if (scripts)
            {
                await Inspection.Inspect(tab, "member-invited");
            }

            await tab.Link("Done").ClickAsync();
            await tab.IsAt(MembersPath);
            await tab.Sees(email);
            await Expect(Row(tab, email)).ToContainTextAsync("Invited");
            Assert.DoesNotContain(link, await tab.Page.ContentAsync(), StringComparison.Ordinal);
        }, scripts);
        await house.Browse(null, async tab =>
        {
            await tab.Go(new Uri(link).AbsolutePath);
            await tab.Fill("Your name", "Newly <i>Joined</i>");
            await tab.Fill("Choose a password", People.Password);
            await tab.Press("Make an account and join");
            await tab.IsAt("/w/acme/projects");
        }, scripts);
        var joined = await house.Gateway.People.SignIn(email);
        Assert.Equal(404, (await joined.Get($"/v1/workspace/acme/project/bank/secret?environmentId={house.Acme.BankDev}")).Status);
        await house.Browse(house.Admin, async tab =>
        {
            await tab.Go(MembersPath);
            await tab.Choose(email, "Change role or scope");
            Assert.True(await tab.Page.Locator("input[name=role][value=member]").IsCheckedAsync());
            Assert.True(await tab.Page.Locator($".tree input[value='{house.Acme.ShopDev}']").IsCheckedAsync());
            await tab.Page.Locator("input[name=role][value=developer]").CheckAsync();
            await tab.Page.Locator("input[name=access][value=all]").CheckAsync();
            await tab.Press("Save");
            await tab.IsAt(MembersPath);
            await tab.Sees("Newly <i>Joined</i>: role and scope are changed");
            await Expect(Row(tab, email)).ToContainTextAsync("Developer");
            Assert.Equal(200, (await joined.Get($"/v1/workspace/acme/project/bank/secret?environmentId={house.Acme.BankDev}")).Status);
            await tab.Choose(email, "Remove");
            await tab.Sees("loses access at once");
            await tab.Press("Remove");
            await tab.IsAt(MembersPath);
            await Expect(Row(tab, email)).ToHaveCountAsync(0);
        }, scripts);
        Assert.Equal(401, (await joined.Get("/v1/workspace/acme/project")).Status);
    }

    [Fact]
    public async Task An_invitation_is_withdrawn()
    {
        var (_, code) = await stage.House.Gateway.People.Invite("withdrawn@acme.test");
        await stage.House.Browse(stage.House.Owner, async tab =>
        {
            await tab.Go(MembersPath + "?q=withdrawn");
            await tab.Choose("withdrawn@acme.test", "Withdraw invitation");
            await tab.Press("Withdraw");
            await tab.Sees("The invitation of withdrawn@acme.test is withdrawn.");
        });
        Assert.Equal(404, (await stage.House.Gateway.Anonymous.Get("/v1/invite/" + code)).Status);
    }

    [Theory]
    [InlineData("member")]
    [InlineData("developer")]
    public async Task Who_manages_nobody_sees_nothing_of_it_and_is_refused(string role)
    {
        var house = stage.House;
        await house.Browse(role == "member" ? house.Member : house.Developer, async tab =>
        {
            await tab.Go("/account");
            tab.Conduct.Allow(403);
            foreach (var page in (string[])["members", "members/invite", $"members/{house.Admin.MemberId}", $"members/{house.Admin.MemberId}/remove", "audit"])
            {
                await tab.Go("/w/acme/" + page, 403);
            }

            await tab.Go("/w/acme/credentials");
            Assert.Equal(0, await tab.Link("Members").CountAsync());
            Assert.Equal(0, await tab.Link("Audit").CountAsync());
            Assert.Equal(403, await tab.Forge(MembersPath + "/invite", ("email", "friend@acme.test"), ("role", "admin"), ("access", "all")));
            Assert.Equal(403, await tab.Forge($"{MembersPath}/{house.Admin.MemberId}", ("role", "member"), ("access", "all")));
            Assert.Equal(403, await tab.Forge($"{MembersPath}/{house.Admin.MemberId}/remove"));
            Assert.Equal(403, await tab.Forge("/w/acme/audit/verify"));
        });
        Assert.DoesNotContain("friend@acme.test", (await house.Gateway.Operator.Get("/v1/workspace/acme/rbac")).Body, StringComparison.Ordinal);
    }

    private static ILocator Row(Tab tab, string text) => tab.Page.GetByRole(AriaRole.Row).Filter(new LocatorFilterOptions { HasText = text });
}
