using System.Text.Json.Nodes;

namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>Someone with an account, a membership and a login.</summary>
/// <param name="MemberId">The membership's id in the workspace that they joined first.</param>
internal sealed record Person(string Email, string MemberId, Api Api);

/// <summary>Brings people into workspaces as it happens: invited by the local operator, accepted with a password, signed in.</summary>
internal sealed class People(TestGateway gateway)
{
    public const string Password = "correct horse battery";

    /// <summary>The test clock stands still, so "the first account", who owns a new workspace by default, is whichever: name this one.</summary>
    public const string OwnersEmail = "owner@acme.test";

    private static int joined;

    /// <summary>Invites a new account, accepts with its code and signs in.</summary>
    /// <param name="scope">The whole workspace unless given.</param>
    /// <param name="email">A new one unless given.</param>
    public async Task<Person> Join(string role, JsonNode? scope = null, string workspace = "acme", string? email = null)
    {
        email ??= $"{role}{Interlocked.Increment(ref joined)}@acme.test";
        var (id, code) = await Invite(email, role, scope, workspace);
        var accepted = await gateway.Anonymous.Post($"/v1/invite/{code}/accept", Json.Of(("name", role), ("password", Password)));
        Assert.True(accepted.Status == 200, accepted.Body);
        return new Person(email, id, await SignIn(email));
    }

    /// <summary>Brings an existing account into another workspace, or back into one, signed in as itself.</summary>
    public async Task<string> JoinAgain(string email, string role, JsonNode? scope = null, string workspace = "acme")
    {
        var (id, code) = await Invite(email, role, scope, workspace);
        var accepted = await (await SignIn(email)).Post($"/v1/invite/{code}/accept");
        Assert.True(accepted.Status == 200, accepted.Body);
        return id;
    }

    /// <summary>An invitation by the local operator that nobody has answered.</summary>
    public async Task<(string Id, string Code)> Invite(string email, string role = "member", JsonNode? scope = null, string workspace = "acme")
    {
        var invited = await gateway.Operator.Post($"/v1/workspace/{workspace}/rbac", Json.Of(("email", email), ("role", role), ("scope", scope ?? Json.Everything)));
        Assert.True(invited.Status == 201, invited.Body);
        return (invited.Json["id"]!.GetValue<string>(), invited.Json["code"]!.GetValue<string>());
    }

    /// <summary>The account that owns the sample workspaces, with a password by the local operator's reset.</summary>
    public async Task<Person> Owner()
    {
        var reset = await gateway.Operator.Post("/v1/user/password", Json.Of(("email", OwnersEmail), ("password", Password)));
        Assert.True(reset.Status == 200, reset.Body);
        var members = await gateway.Operator.Get("/v1/workspace/acme/rbac");
        return new Person(OwnersEmail, members.Json.AsArray().Single(member => member!["isOwner"]!.GetValue<bool>())!["id"]!.GetValue<string>(), await SignIn(OwnersEmail));
    }

    /// <summary>A new login.</summary>
    public async Task<Api> SignIn(string email)
    {
        var answer = await gateway.Anonymous.Post("/v1/auth/login", Json.Of(("email", email), ("password", Password)));
        Assert.True(answer.Status == 200, answer.Body);
        return gateway.Bearer(answer.Json["accessToken"]!.GetValue<string>());
    }

    /// <summary>A new dashboard session, as the <c>Cookie</c> header that a browser would send.</summary>
    public async Task<string> Cookie(string email)
    {
        var answer = await gateway.Anonymous.Post("/auth/session", Json.Of(("email", email), ("password", Password)));
        Assert.True(answer.Status == 200, answer.Body);
        return answer.Headers["Set-Cookie"].Split(';')[0];
    }

    /// <summary>A CLI token of this person for one environment.</summary>
    public async Task<Api> Cli(Api person, string environment, string workspace = "acme")
    {
        var answer = await person.Post($"/v1/workspace/{workspace}/tokens/cli", Json.Of(("environmentId", environment)));
        Assert.True(answer.Status == 200, answer.Body);
        return gateway.Bearer(answer.Json["token"]!.GetValue<string>());
    }
}
