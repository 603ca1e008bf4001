using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>Members and invitations in the dashboard. What is refused is refused to a form that is posted anyway, too.</summary>
public class MemberPageTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string List = "/w/acme/members";
    private readonly TestGateway gateway = shared.Gateway;

    [Theory]
    [InlineData("member", 403)]
    [InlineData("developer", 403)]
    [InlineData("admin", 200)]
    public async Task The_list_and_the_form_are_for_who_manages_members(string role, int status)
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join(role)).Email);
        Assert.Equal(status, (await browser.Get(List)).Status);
        Assert.Equal(status, (await browser.Get(List + "/invite")).Status);

        // Posted anyway, with the token of a page that they have.
        await browser.Get("/account");
        var email = $"{role}-invites@acme.test";
        await browser.Post(List + "/invite", ("email", email), ("role", "member"), ("access", "all"));
        Assert.Equal(status == 200 ? 201 : 403, browser.Page.Status);
        Assert.Equal(status == 200, (await gateway.Operator.Get("/v1/workspace/acme/rbac")).Body.Contains(email, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_workspace_is_missing_and_nobody_is_sent_to_sign_in()
    {
        var stranger = await PageBrowser.Of(gateway, (await gateway.People.Join("admin", workspace: "other")).Email);
        Assert.Equal(404, (await stranger.Get(List)).Status);
        var nobody = new PageBrowser(gateway);
        Assert.Equal((303, "/sign-in?next=%2Fw%2Facme%2Fmembers"), ((await nobody.Get(List)).Status, nobody.Location));
    }

    [Fact]
    public async Task An_invitation_is_shown_once_and_opens()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Owner()).Email);
        await browser.Get(List + "/invite");
        await browser.Post(List + "/invite", ("email", " Fresh@Acme.test "), ("role", "developer"), ("access", "chosen"), ("project", shared.Acme.Shop), ("environment", shared.Acme.ShopDev));
        Assert.Equal(201, browser.Page.Status);
        Assert.Equal("no-store", browser.Page.Headers["Cache-Control"]);
        var code = browser.Page.Body.Split("https://gateway.test/invite/")[1][..32];
        Assert.DoesNotContain(code, gateway.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain(code, string.Concat(AuditTail.Entries(gateway).Select(entry => entry.ToJsonString())), StringComparison.Ordinal);
        Assert.DoesNotContain(code, (await browser.Get(List)).Body, StringComparison.Ordinal);
        Assert.Contains("fresh@acme.test", browser.Text, StringComparison.Ordinal);

        var invited = (await gateway.Anonymous.Get($"/v1/invite/{code}")).Json;
        Assert.Equal(("fresh@acme.test", "developer"), (invited["email"]!.GetValue<string>(), invited["role"]!.GetValue<string>()));

        // What lies under something ticked is left out.
        var scope = (await gateway.Operator.Get("/v1/workspace/acme/rbac")).Json.AsArray().Single(member => member!["user"]!["email"]!.GetValue<string>() == "fresh@acme.test")!["scope"]!;
        Assert.Equal([shared.Acme.Shop], scope["projects"]!.AsArray().Select(id => id!.GetValue<string>()));
        Assert.Empty(scope["environments"]!.AsArray());
    }

    [Fact]
    public async Task What_is_wrong_stands_beside_its_field_and_what_was_typed_stays()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Owner()).Email);
        await browser.Get(List + "/invite");
        var before = (await gateway.Operator.Get("/v1/workspace/acme/rbac")).Body;
        await browser.Post(List + "/invite", ("email", "no address"), ("role", "king"), ("access", "chosen"));
        Assert.Equal(400, browser.Page.Status);
        foreach (var part in new[] { "id=\"e-email\"", "id=\"e-role\"", "id=\"e-scope\"", "value=\"no address\"" })
        {
            Assert.Contains(part, browser.Page.Body, StringComparison.Ordinal);
        }

        Assert.Equal(before, (await gateway.Operator.Get("/v1/workspace/acme/rbac")).Body);
    }

    [Fact]
    public async Task Role_and_scope_are_changed_and_a_member_removed_after_a_question()
    {
        var person = await gateway.People.Join("developer");
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Owner()).Email);
        await browser.Get(List);
        var id = await MemberId(person.Email);
        await browser.Get($"{List}/{id}");
        await browser.Post($"{List}/{id}", ("role", "member"), ("access", "chosen"), ("team", shared.Acme.Red));
        Assert.Equal((303, List), (browser.Page.Status, browser.Location));
        var member = await Member(person.Email);
        Assert.Equal(("member", shared.Acme.Red), (member["role"]!.GetValue<string>(), member["scope"]!["teams"]![0]!.GetValue<string>()));

        await browser.Get($"{List}/{id}/remove");
        Assert.Contains("loses access at once", browser.Text, StringComparison.Ordinal);
        Assert.NotNull(await Member(person.Email));
        await browser.Post($"{List}/{id}/remove");
        Assert.Equal(303, browser.Page.Status);
        Assert.Equal(401, (await person.Api.Get("/v1/me")).Status);
        await browser.Follow();
        Assert.Contains("is removed", browser.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_lends_or_touches_more_than_their_own()
    {
        var scoped = await PageBrowser.Of(gateway, (await gateway.People.Join("admin", Json.Scope(projects: [shared.Acme.Shop]))).Email);
        var wide = await MemberId((await gateway.People.Join("developer")).Email);
        var owner = await MemberId(People.OwnersEmail);
        await scoped.Get(List + "/invite");
        Assert.DoesNotContain(shared.Acme.Red, scoped.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("Full workspace access", scoped.Page.Body, StringComparison.Ordinal);
        await scoped.Post(List + "/invite", ("email", "wide@acme.test"), ("role", "admin"), ("access", "all"));
        Assert.Equal(403, scoped.Page.Status);
        Assert.Contains("id=\"e-scope\"", scoped.Page.Body, StringComparison.Ordinal);

        var before = (await gateway.Operator.Get("/v1/workspace/acme/rbac")).Body;
        foreach (var (path, status) in new[] { ($"{List}/{wide}", 403), ($"{List}/{wide}/remove", 403), ($"{List}/{owner}", 409), ($"{List}/{owner}/remove", 409), ($"{List}/{Guid.Empty}", 404) })
        {
            await scoped.Get("/account");
            Assert.Equal((path, status), (path, (await scoped.Post(path, ("role", "member"), ("access", "chosen"), ("project", shared.Acme.Shop))).Status));
        }

        Assert.Equal(before, (await gateway.Operator.Get("/v1/workspace/acme/rbac")).Body);
    }

    [Fact]
    public async Task A_form_without_its_token_or_from_another_site_changes_nothing()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Owner()).Email);
        await browser.Get(List + "/invite");
        var token = browser.Token!;
        (string, string)[] fields = [("email", "forged@acme.test"), ("role", "admin"), ("access", "all")];
        Assert.Equal(403, (await browser.PostBare(List + "/invite", "same-origin", fields)).Status);
        Assert.Equal(403, (await browser.PostBare(List + "/invite", "cross-site", [("_form", token), .. fields])).Status);
        Assert.DoesNotContain("forged@acme.test", (await gateway.Operator.Get("/v1/workspace/acme/rbac")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hostile_names_are_text()
    {
        const string Name = "<script>alert(1)</script>\"' \u202Eevil";
        var (_, code) = await gateway.People.Invite("hostile@acme.test");
        Assert.Equal(200, (await gateway.Anonymous.Post($"/v1/invite/{code}/accept", Json.Of(("name", Name), ("password", People.Password)))).Status);
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Owner()).Email);
        await browser.Get(List);
        Assert.DoesNotContain("<script>alert", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("<script>alert(1)</script>", System.Net.WebUtility.HtmlDecode(browser.Page.Body), StringComparison.Ordinal);
        await browser.Get(List + "?q=" + Uri.EscapeDataString("\"><img src=x>"));
        Assert.DoesNotContain("<img src=x>", browser.Page.Body, StringComparison.Ordinal);
    }

    private async Task<string> MemberId(string email) => (await Member(email))["id"]!.GetValue<string>();

    private async Task<System.Text.Json.Nodes.JsonNode> Member(string email) =>
        (await gateway.Operator.Get("/v1/workspace/acme/rbac")).Json.AsArray().Single(member => member!["user"]!["email"]!.GetValue<string>() == email)!;
}
