using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.Http;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Workspaces;

internal sealed record Ask(HttpMethod Method, string Path, JsonNode? Body = null)
{
    public Task<Answer> Send(Api api, Action<HttpRequestMessage>? more = null) => api.Send(
        Method, Path, Body is null ? null : new StringContent(Body.ToJsonString(), System.Text.Encoding.UTF8, "application/json"), more);

    public Ask In(string workspace) => this with { Path = Path.Replace("/v1/workspace/acme", $"/v1/workspace/{workspace}", StringComparison.Ordinal) };
}

/// <summary>
/// For each route of the table a request that succeeds when its caller may: well-formed, of things that are there, each time of new ones where the
/// request uses them up.
/// </summary>
internal sealed class AccessRequests(AccessWorld world)
{
    private const string Acme = "/v1/workspace/acme";

    public async Task<Ask> For(string route, string caller)
    {
        var (method, pattern) = (route.Split(' ')[0], route.Split(' ')[1]);
        var (path, body) = await Of(route, caller);
        return new Ask(new HttpMethod(method), path ?? Routes.Filled(pattern), body);
    }

    private async Task<(string? Path, JsonNode? Body)> Of(string route, string caller) => route switch
    {
        "POST /v1/auth/login" or "POST /auth/session" => (null, Json.Of(("email", world.Guest.Email), ("password", People.Password))),
        "PUT /v1/me/password" => (null, Json.Of(("current", People.Password), ("new", People.Password))),
        "DELETE /v1/me/sessions/{id}" => ($"/v1/me/sessions/{await Session(caller)}", null),
        "POST /v1/user/password" => (null, Json.Of(("email", world.Guest.Email), ("password", People.Password))),
        "POST /v1/key/rotate" => (null, Json.Of(("kind", "signing"))),
        "POST /v1/auth/device/code" => (null, Json.Of(("clientId", "enkryptify-cli"))),
        "POST /v1/auth/device/token" => (null, Json.Of(("clientId", "enkryptify-cli"), ("deviceCode", (await OpenDevice()).DeviceCode))),
        "GET /v1/auth/device/{userCode}" => ($"/v1/auth/device/{(await OpenDevice()).UserCode}", null),
        "POST /v1/auth/device/{userCode}/approve" => ($"/v1/auth/device/{(await Device(caller)).UserCode}/approve", null),
        "POST /v1/auth/device/{userCode}/deny" => ($"/v1/auth/device/{(await Device(caller)).UserCode}/deny", null),
        "GET /v1/invite/{code}" => ($"/v1/invite/{(await Invitation()).Code}", null),
        "POST /v1/invite/{code}/accept" => ($"/v1/invite/{(await Invitation()).Code}/accept", Json.Of(("name", "New"), ("password", People.Password))),
        "POST /v1/invite/{code}/decline" => ($"/v1/invite/{(await Invitation()).Code}/decline", null),

        "POST /v1/workspace" => (null, Workspace()),
        "PATCH /v1/workspace/{ws}" => (null, Json.Of(("name", "acme"))),
        "DELETE /v1/workspace/{ws}" => ($"/v1/workspace/{await Disposable(caller)}", null),
        "POST /v1/workspace/{ws}/team" => (null, Named("team")),
        "PATCH /v1/workspace/{ws}/team/{team}" => ($"{Acme}/team/{await Team()}", Named("team")),
        "DELETE /v1/workspace/{ws}/team/{team}" => ($"{Acme}/team/{await Team()}", null),
        "POST /v1/workspace/{ws}/project" => (null, Project()),
        "PATCH /v1/workspace/{ws}/project/{prj}" => ($"{Acme}/project/{await world.Made($"{Acme}/project", Project())}", Named("project")),
        "DELETE /v1/workspace/{ws}/project/{prj}" => ($"{Acme}/project/{await world.Made($"{Acme}/project", Project())}", null),
        "POST /v1/workspace/{ws}/project/{prj}/environment" => (null, Environment()),
        "PATCH /v1/workspace/{ws}/project/{prj}/environment/{env}" => ($"{Acme}/project/shop/environment/{await NewEnvironment()}", Environment()),
        "DELETE /v1/workspace/{ws}/project/{prj}/environment/{env}" => ($"{Acme}/project/shop/environment/{await NewEnvironment()}", null),

        "POST /v1/workspace/{ws}/tokens" => (null, Token("read")),
        "POST /v1/workspace/{ws}/tokens/cli" => (null, Json.Of(("environmentId", world.Acme.ShopDev))),
        "POST /v1/workspace/{ws}/tokens/{id}/rotate" => ($"{Acme}/tokens/{await NewToken()}/rotate", null),
        "DELETE /v1/workspace/{ws}/tokens/{id}" => ($"{Acme}/tokens/{await NewToken()}", null),
        "POST /v1/auth/oidc/exchange" => (null, Json.Of(("token", PodToken()), ("workspaceId", "acme"))),
        "POST /v1/workspace/{ws}/issuer" => (null, Json.Of(("name", "cluster"), ("url", world.Cluster.Url), ("jwks", world.Cluster.Jwks))),
        "PATCH /v1/workspace/{ws}/issuer/{id}" => ($"{Acme}/issuer/{await Issuer()}", Json.Of(("name", world.New("cluster")))),
        "DELETE /v1/workspace/{ws}/issuer/{id}" => ($"{Acme}/issuer/{await Issuer()}", null),
        "PUT /v1/workspace/{ws}/issuer/{id}/keys" => ($"{Acme}/issuer/{await Issuer()}/keys", Json.Of(("jwks", world.Cluster.Jwks))),
        "POST /v1/workspace/{ws}/oidc" => (null, Identity()),
        "DELETE /v1/workspace/{ws}/oidc/{id}" => ($"{Acme}/oidc/{await NewIdentity()}", null),
        "POST /v1/workspace/{ws}/oidc/test" => (null, Json.Of(("token", PodToken()))),
        "POST /v1/workspace/{ws}/rbac" => (null, Json.Of(("email", $"{world.New("guest")}@acme.test"), ("role", "member"), ("scope", Json.Everything))),
        "PATCH /v1/workspace/{ws}/rbac/{id}" => ($"{Acme}/rbac/{world.Guest.MemberId}", Json.Of(("role", "member"))),
        "PUT /v1/workspace/{ws}/proxy-allowlist" => (null, Json.List("https://api.example.com")),
        "DELETE /v1/workspace/{ws}/rbac/{id}" => ($"{Acme}/rbac/{(await Invitation()).Id}", null),

        "POST /v1/workspace/{ws}/project/{prj}/secret" => (null, Json.Secret(world.New("NEW"), "v", [world.Acme.ShopDev])),
        "PUT /v1/workspace/{ws}/project/{prj}/secret/{id}" => (null, Json.Of(("values", Json.List(Json.Of(
            ("environmentId", world.Acme.ShopDev), ("value", world.New("value")), ("isPersonal", false)))))),
        "DELETE /v1/workspace/{ws}/project/{prj}/secret/{id}" => ($"{Acme}/project/shop/secret/{await Secret()}", null),
        _ => (null, null),
    };

    private JsonObject Named(string kind)
    {
        var name = world.New(kind);
        return Json.Of(("name", name), ("slug", name));
    }

    private JsonObject Workspace()
    {
        var workspace = Named("workspace");
        workspace["ownerEmail"] = People.OwnersEmail;
        return workspace;
    }

    private JsonObject Project()
    {
        var project = Named("project");
        project["teamId"] = world.Acme.Red;
        return project;
    }

    private JsonObject Environment() => Json.Of(("name", world.New("environment")), ("hasPersonalOverrides", true));

    private JsonObject Token(string permission) =>
        Json.Of(("name", "new"), ("permission", permission), ("scope", Json.Scope(environments: [world.Acme.ShopDev])), ("expiresIn", "24h"));

    /// <summary>Of the workload that the world registered.</summary>
    private string PodToken() => world.Cluster.Token(world.Gateway.Clock.GetUtcNow());

    private JsonObject Identity()
    {
        var identity = world.Cluster.Registration($"system:serviceaccount:shop:{world.New("pod")}");
        identity.Remove("issuer");
        identity["issuerId"] = world.Issuer;
        return identity;
    }

    /// <summary>One to change or remove: an issuer that a workload relies on stays. Before the workspace has its most, those of before go.</summary>
    private async Task<string> Issuer()
    {
        foreach (var left in (await world.Gateway.Operator.Get($"{Acme}/issuer")).Json.AsArray().Where(issuer => (string)issuer!["id"]! != world.Issuer).ToList())
        {
            Assert.Equal(200, (await world.Gateway.Operator.Delete($"{Acme}/issuer/{left!["id"]}")).Status);
        }

        return await world.Made($"{Acme}/issuer", Json.Of(("name", "cluster"), ("url", world.Cluster.Url), ("jwks", world.Cluster.Jwks)));
    }

    private async Task<string> NewIdentity()
    {
        var made = await world.Maker.Post($"{Acme}/oidc", Identity());
        Assert.True(made.Status == 201, made.Body);
        return made.Json["id"]!.GetValue<string>();
    }

    private Task<string> Team() => world.Made($"{Acme}/team", Named("team"));

    private Task<string> NewEnvironment() => world.Made($"{Acme}/project/shop/environment", Environment());

    private async Task<string> NewToken()
    {
        var made = await world.Maker.Post($"{Acme}/tokens", Token("read-write"));
        Assert.Equal(201, made.Status);
        return made.Json["id"]!.GetValue<string>();
    }

    private async Task<string> Secret()
    {
        var name = world.New("OLD");
        Assert.Equal(201, (await world.Gateway.Operator.Post($"{Acme}/project/shop/secret", Json.Secret(name, "v", [world.Acme.ShopDev]))).Status);
        return name;
    }

    private Task<(string Id, string Code)> Invitation() => world.People.Invite($"{world.New("invited")}@acme.test");

    /// <summary>A person uses the request up.</summary>
    private Task<(string DeviceCode, string UserCode)> Device(string caller) => world.Emails.ContainsKey(caller) ? world.NewDevice() : OpenDevice();

    private async Task<(string DeviceCode, string UserCode)> OpenDevice() => world.OpenDevice ??= await world.NewDevice();

    /// <summary>Another session of the caller's own; of the guest for who has none.</summary>
    private async Task<string> Session(string caller)
    {
        var other = await world.People.SignIn(world.Emails.GetValueOrDefault(caller) ?? world.Guest.Email);
        return (await other.Get("/v1/me/sessions")).Json.AsArray().Single(session => session!["isCurrent"]!.GetValue<bool>())!["id"]!.GetValue<string>();
    }

    /// <summary>For who may delete one, a workspace to delete, in which they are what they are in acme.</summary>
    private async Task<string> Disposable(string caller)
    {
        if (caller is not ("admin" or "owner" or "operator"))
        {
            return "acme";
        }

        var slug = world.New("disposable");
        await world.Made("/v1/workspace", Json.Of(("name", slug), ("slug", slug), ("ownerEmail", People.OwnersEmail)));
        if (caller == "admin")
        {
            await world.People.JoinAgain(world.Emails["admin"], "admin", workspace: slug);
        }

        return slug;
    }
}
