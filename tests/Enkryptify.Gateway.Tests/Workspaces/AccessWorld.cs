using Enkryptify.Gateway.Tests.Exchange.Oidc;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Workspaces;

/// <summary>
/// Everybody who may call, in the sample workspace <c>acme</c>: its people with the whole workspace as scope, an admin of workspace <c>other</c>, and
/// credentials made by an admin who calls nothing themselves. <c>foreign</c> is a workspace that none of acme's people belongs to; it holds the same names.
/// </summary>
public sealed class AccessWorld : SharedAcme
{
    internal static readonly string[] Callers = ["anonymous", "member", "developer", "admin", "owner", "outsider", "read", "read-write", "cli", "operator"];

    private readonly Dictionary<string, Api> apis = [];
    private int made;

    internal People People => Gateway.People;

    /// <summary>E-mail addresses of the callers who are persons.</summary>
    internal Dictionary<string, string> Emails { get; } = [];

    internal Api Maker { get; private set; } = null!;

    /// <summary>A member of acme who is only ever the object.</summary>
    internal Person Guest { get; private set; } = null!;

    /// <summary>Whose tokens acme trusts, and one workload of which it lets in.</summary>
    internal Cluster Cluster { get; } = new();

    internal string Issuer { get; private set; } = null!;

    internal string ForeignId { get; private set; } = null!;

    /// <summary>A device that waits for a person's word and does not get it: an address may have only so many of them.</summary>
    internal (string DeviceCode, string UserCode)? OpenDevice { get; set; }

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (var role in new[] { "member", "developer", "admin" })
        {
            Add(role, await People.Join(role));
        }

        Add("owner", await People.Owner());
        Add("outsider", await People.Join("admin", workspace: "other"));
        (Maker, Guest) = ((await People.Join("admin")).Api, await People.Join("member"));
        apis["anonymous"] = Gateway.Anonymous;
        apis["operator"] = Gateway.Operator;
        apis["read"] = (await Gateway.Machine("read", creator: Maker)).Api;
        apis["read-write"] = (await Gateway.Machine("read-write", creator: Maker)).Api;
        apis["cli"] = await People.Cli(Maker, Acme.ShopDev);
        Issuer = await Gateway.Issuer(("name", "cluster"), ("url", Cluster.Url), ("jwks", Cluster.Jwks));
        await Gateway.Registered(Cluster.Registration());
        ForeignId = await Foreign();
    }

    internal Api As(string caller) => apis[caller];

    /// <summary>The person's other logins ended, or may have: they sign in again.</summary>
    internal async Task SignInAgain(string caller)
    {
        if (Emails.TryGetValue(caller, out var email))
        {
            apis[caller] = await People.SignIn(email);
        }
    }

    /// <summary>A word that was not used before.</summary>
    internal string New(string kind) => $"{kind}-{Interlocked.Increment(ref made)}";

    /// <summary>Asks for a device login, at the admin socket: the callers' own address has all its open requests left.</summary>
    internal async Task<(string DeviceCode, string UserCode)> NewDevice()
    {
        var opened = await Gateway.Operator.Post("/v1/auth/device/code", Json.Of(("clientId", "enkryptify-cli")));
        Assert.True(opened.Status == 200, opened.Body);
        return (opened.Json["deviceCode"]!.GetValue<string>(), opened.Json["userCode"]!.GetValue<string>());
    }

    private void Add(string caller, Person person) => (apis[caller], Emails[caller]) = (person.Api, person.Email);

    private async Task<string> Foreign()
    {
        // Who owns a workspace has a confirmed e-mail: by the local operator's word.
        var confirmed = await Gateway.Operator.Post("/v1/user/password", Json.Of(("email", Emails["outsider"]), ("password", People.Password)));
        Assert.Equal(200, confirmed.Status);
        await SignInAgain("outsider");
        var id = await Made("/v1/workspace", Json.Of(("name", "foreign"), ("slug", "foreign"), ("ownerEmail", Emails["outsider"])));
        var team = await Made("/v1/workspace/foreign/team", Json.Of(("name", "red")));
        await Made("/v1/workspace/foreign/project", Json.Of(("name", "shop"), ("slug", "shop"), ("teamId", team)));
        var environment = await Made("/v1/workspace/foreign/project/shop/environment", Json.Of(("name", "dev"), ("hasPersonalOverrides", true)));
        Assert.Equal(201, (await Gateway.Operator.Post("/v1/workspace/foreign/project/shop/secret", Json.Secret("KEY", "foreign-dev", [environment]))).Status);
        return id;
    }

    /// <summary>Made by the local operator; gives its id.</summary>
    internal async Task<string> Made(string path, System.Text.Json.Nodes.JsonNode body)
    {
        var answer = await Gateway.Operator.Post(path, body);
        Assert.True(answer.Status == 201, answer.Body);
        return answer.Json["id"]!.GetValue<string>();
    }
}
