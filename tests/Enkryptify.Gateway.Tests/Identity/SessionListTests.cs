using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>GET /v1/me, GET and DELETE /v1/me/sessions.</summary>
public class SessionListTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Path = "/v1/me/sessions";
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task Lists_the_persons_open_sessions_newest_first()
    {
        await using var own = await TestGateway.Start(("server.trusted_proxies", "127.0.0.1"));
        await Acme.Seed(own);
        var person = await own.People.Join("member");
        await own.People.Join("member");
        own.Clock.Advance(TimeSpan.FromSeconds(1));
        await own.Anonymous.From("203.0.113.5").Send(
            HttpMethod.Post, Browser.Session, new StringContent($$"""{"email":"{{person.Email}}","password":"{{People.Password}}"}""", null, "application/json"),
            request => request.Headers.Add("User-Agent", "Browser/1"));
        var list = await List(person.Api);
        Assert.Equal(["dashboard", "login"], list.Select(session => session!["kind"]!.GetValue<string>()));
        Assert.Equal([false, true], list.Select(session => session!["isCurrent"]!.GetValue<bool>()));
        var now = own.Clock.GetUtcNow().UtcDateTime;
        Assert.Equal(("203.0.113.5", "Browser/1"), (list[0]!["address"]!.GetValue<string>(), list[0]!["agent"]!.GetValue<string>()));
        Assert.Equal((now, now.AddHours(12)), (list[0]!["createdAt"]!.GetValue<DateTime>(), list[0]!["expiresAt"]!.GetValue<DateTime>()));

        // One that idleness has ended is open no more.
        own.Clock.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(["login"], (await List(person.Api)).Select(session => session!["kind"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Ends_one_of_the_persons_own()
    {
        var person = await gateway.People.Join("member");
        var other = await gateway.People.SignIn(person.Email);
        var id = (await List(person.Api)).Single(session => !session!["isCurrent"]!.GetValue<bool>())!["id"]!.GetValue<string>();
        Assert.Equal(200, (await person.Api.Delete($"{Path}/{id}")).Status);
        Assert.Equal((401, 200), ((await other.Get("/v1/me")).Status, (await person.Api.Get("/v1/me")).Status));
        Assert.Single(await List(person.Api));

        var current = (await List(person.Api)).Single()!["id"]!.GetValue<string>();
        Assert.Equal(200, (await person.Api.Delete($"{Path}/{current}")).Status);
        Assert.Equal(401, (await person.Api.Get("/v1/me")).Status);
    }

    [Fact]
    public async Task Another_persons_session_is_as_one_that_does_not_exist()
    {
        var (person, other) = (await gateway.People.Join("admin"), await gateway.People.Join("member"));
        var id = (await List(other.Api)).Single()!["id"]!.GetValue<string>();
        var missing = await person.Api.Delete($"{Path}/00000000-0000-7000-8000-000000000000");
        Assert.Equal((404, "Session not found"), (missing.Status, missing.Message));
        Assert.Equal(missing.Telling, (await person.Api.Delete($"{Path}/{id}")).Telling);
        Assert.Equal(missing.Telling, (await person.Api.Delete($"{Path}/not-an-id")).Telling);
        Assert.Equal(200, (await other.Api.Get("/v1/me")).Status);
    }

    [Fact]
    public async Task Me_is_the_person_for_a_credential_its_creator_for_the_operator_a_name()
    {
        var person = await gateway.People.Join("developer");
        var me = (await person.Api.Get("/v1/me")).Json;
        Assert.Equal((person.Email, "developer"), (me["email"]!.GetValue<string>(), me["name"]!.GetValue<string>()));
        Assert.Null(me["credential"]);
        var (id, _, machine) = await gateway.Machine("read", creator: person.Api);
        var shown = (await machine.Get("/v1/me")).Json;
        Assert.Equal(me["id"]!.GetValue<string>(), shown["id"]!.GetValue<string>());
        Assert.Equal((id, "machine", "static"), (shown["credential"]!["id"]!.GetValue<string>(), shown["credential"]!["name"]!.GetValue<string>(), shown["credential"]!["type"]!.GetValue<string>()));
        var local = (await gateway.Operator.Get("/v1/me")).Json;
        Assert.Null(local["id"]);
        Assert.StartsWith("local-operator uid=", local["name"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_are_for_a_person_alone()
    {
        var (_, _, machine) = await gateway.Machine();
        foreach (var (api, status) in new[] { (machine, 403), (gateway.Operator, 403), (gateway.Anonymous, 401) })
        {
            Assert.Equal((status, status), ((await api.Get(Path)).Status, (await api.Delete($"{Path}/00000000-0000-7000-8000-000000000000")).Status));
        }
    }

    private static async Task<JsonArray> List(Api person) => (await person.Get(Path)).Json.AsArray();
}
