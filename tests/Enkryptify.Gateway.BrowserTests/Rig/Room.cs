using System.Text.Json.Nodes;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Tests.Exchange.Oidc;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>A gateway with something on every page: credentials in every state, secrets in several environments, people, refusals.</summary>
internal sealed class Room : IAsyncDisposable
{
    public const string Slug = "acme";
    private readonly Furnishing furnishing;
    private readonly List<string> tokens = [];
    private readonly List<string> projects = [];
    private readonly List<string> environments = [];

    private readonly Beyond beyond;

    private Room(House house, Furnishing furnishing, Beyond beyond) => (House, this.furnishing, this.beyond) = (house, furnishing, beyond);

    public House House { get; }

    public Furnishing Furnishing => furnishing;

    public string OwnersEmail => Email(0);

    /// <summary>A session of the owner, as <c>name=value</c>. One for all visits: their account's page lists them.</summary>
    public string OwnersCookie { get; private set; } = "";

    /// <summary>An invitation that nobody has answered.</summary>
    public string InviteCode { get; private set; } = "";

    /// <summary>An API token that works, and its id.</summary>
    public string Token => tokens[2];

    /// <summary>Its value.</summary>
    public string Works { get; private set; } = "";

    public string Identity { get; private set; } = "";

    /// <summary>The membership of somebody who is not the owner.</summary>
    public string Member { get; private set; } = "";

    /// <summary>The membership of who has not accepted yet.</summary>
    public string Invited { get; private set; } = "";

    public string Team { get; private set; } = "";

    public string Issuer { get; private set; } = "";

    /// <summary>The secret with the longest note, set in each environment, with an own value of the owner's.</summary>
    public string Secret { get; private set; } = "";

    /// <summary>The project with the most in it, and its environments.</summary>
    public string Project => "project-0";

    public IReadOnlyList<string> Environments => environments;

    /// <summary>A device that waits for somebody to approve it.</summary>
    public async Task<string> AskAsDevice()
    {
        var asked = await House.Gateway.Anonymous.Post("/v1/auth/device/code", Json.Of(("clientId", "enkryptify-cli")));
        Assert.Equal(200, asked.Status);
        return asked.Json["userCode"]!.GetValue<string>();
    }

    public static async Task<Room> Furnish(Stage stage, Furnishing furnishing)
    {
        var beyond = await Beyond.Start();
        var house = await House.Unowned(stage, beyond.Network);
        var room = new Room(house, furnishing, beyond);
        if (furnishing == Furnishing.None)
        {
            house.Gateway.Gateway.FirstOwner.Open();
            return room;
        }

        await house.Gateway.Gateway.Accounts.CreateLocal(room.OwnersEmail, furnishing.People[0], new Sensitive(People.Password));
        await room.Build();
        await beyond.Connect(house.Gateway, furnishing.Workspace + "?");
        await room.Invite();
        await room.FillSecrets();
        await room.Lend();
        await beyond.Fill(room, (room.Token, room.Works));
        room.OwnersCookie = await house.Gateway.People.Cookie(room.OwnersEmail);
        return room;
    }

    public async ValueTask DisposeAsync()
    {
        await House.DisposeAsync();
        await beyond.DisposeAsync();
    }

    private static string Email(int person) => $"person{person}@northwind.example";

    private Api Operator => House.Gateway.Operator;

    private async Task Build()
    {
        await Made("/v1/workspace", ("name", furnishing.Workspace), ("slug", Slug));
        await Made("/v1/workspace", ("name", furnishing.Workspace + "!"), ("slug", "empty"));
        var teams = new List<string>();
        foreach (var team in furnishing.Teams)
        {
            House.Gateway.Clock.Advance(TimeSpan.FromMinutes(1));
            teams.Add(await Made($"/v1/workspace/{Slug}/team", ("name", team)));
        }

        Team = teams[0];
        foreach (var (index, project) in furnishing.Projects.Index())
        {
            projects.Add(await Made($"/v1/workspace/{Slug}/project", ("name", project), ("slug", $"project-{index}"), ("teamId", teams[index % 2])));
            foreach (var environment in furnishing.Environments.Take(index == 0 ? 3 : 2))
            {
                // One after the other, as people do it: that is their order in the lists.
                House.Gateway.Clock.Advance(TimeSpan.FromMinutes(1));
                environments.Add(await Made($"/v1/workspace/{Slug}/project/project-{index}/environment", ("name", environment), ("hasPersonalOverrides", true)));
            }
        }
    }

    private async Task Invite()
    {
        var people = House.Gateway.People;
        foreach (var (index, role) in new[] { "owner", "admin", "developer", "member" }.Index().Skip(1))
        {
            (Member, var code) = await people.Invite(Email(index), role, role == "developer" ? Json.Scope(projects: [projects[0]]) : null);
            var accepted = await House.Gateway.Anonymous.Post($"/v1/invite/{code}/accept", Json.Of(("name", furnishing.People[index]), ("password", People.Password)));
            Assert.True(accepted.Status == 200, accepted.Body);
        }
    }

    private async Task FillSecrets()
    {
        foreach (var (index, secret) in furnishing.Secrets.Index())
        {
            var stored = await Operator.Post($"/v1/workspace/{Slug}/project/{Project}/secret", Json.Of(
                ("environments", Json.List([.. environments.Take(index < 4 ? 3 : 1)])),
                ("secrets", Json.List(Json.Of(("key", secret), ("value", furnishing.Value + index), ("type", "runtime"), ("dataType", "text"), ("note", index == 0 ? furnishing.Note : ""))))));
            Assert.True(stored.Status == 201, stored.Body);
        }

        var reference = await Operator.Post($"/v1/workspace/{Slug}/project/{Project}/secret", Json.Secret("WITH_REFERENCE", $"prefix-${{{furnishing.Secrets[1]}}}-${{NOT_THERE}}", [environments[0]]));
        Assert.True(reference.Status == 201, reference.Body);
        Secret = (await Operator.Get($"/v1/workspace/{Slug}/project/{Project}/secret/{furnishing.Secrets[0]}")).Json["id"]!.GetValue<string>();
        var owner = await House.Gateway.People.SignIn(OwnersEmail);
        Assert.Equal(200, (await Personal.Write(owner, Project, furnishing.Secrets[0], environments[0], furnishing.Value + " mine")).Status);
    }

    /// <summary>Over some weeks, so that of the credentials some have ended, some end soon, and some were used.</summary>
    private async Task Lend()
    {
        foreach (var (index, name) in furnishing.Tokens.Index())
        {
            House.Gateway.Clock.Advance(TimeSpan.FromDays(index is 3 or 4 ? 5 : 1));
            var creator = index % 2 == 0 ? Operator : await House.Gateway.People.SignIn(index % 4 == 1 ? Email(1) : OwnersEmail);
            var scope = (index % 4) switch
            {
                0 => Json.Everything,
                1 => Json.Scope(projects: [projects[0], projects[1]]),
                2 => Json.Scope(environments: [environments[0], environments[1], environments[3]]),
                _ => Json.Scope(environments: [environments[2]]),
            };
            var made = await creator.Post($"/v1/workspace/{Slug}/tokens", Json.Of(
                ("name", name), ("permission", index % 3 == 0 ? "read-write" : "read"), ("scope", scope),
                ("expiresIn", index switch { 0 or 5 => "5d", 2 => "30d", 7 => "24h", < 4 => "3m", _ => "6m" })));
            Assert.True(made.Status == 201, made.Body);
            tokens.Add(made.Json["id"]!.GetValue<string>());
            if (index % 3 == 1)
            {
                Assert.Equal(200, (await creator.Delete($"/v1/workspace/{Slug}/tokens/{made.Json["id"]}")).Status);
            }
            else
            {
                await House.Gateway.Exchange(made.Json["token"]!.GetValue<string>());
                Works = index == 2 ? made.Json["token"]!.GetValue<string>() : Works;
            }
        }

        using var cluster = new Cluster("https://kubernetes.warehouse.northwind.example");
        Identity = await Made($"/v1/workspace/{Slug}/oidc", cluster.Registration(more: [("jwks", cluster.Jwks), ("name", furnishing.Tokens[0])]));
        await Work(Works);
        Issuer = (await Operator.Get($"/v1/workspace/{Slug}/issuer")).Json[0]!["id"]!.GetValue<string>();

        // Invitations last some days: the open one is the last.
        (Invited, InviteCode) = await House.Gateway.People.Invite(
            "a.very.long.address.of.somebody.who.was.invited@subsidiary.northwind.example", "developer", Json.Scope(environments: [environments[0]]));
    }

    /// <summary>A morning of it: exchanges by the hour, and what was refused in between.</summary>
    private async Task Work(string token)
    {
        var developer = await House.Gateway.People.SignIn(Email(2));
        foreach (var hour in Enumerable.Range(0, 7))
        {
            House.Gateway.Clock.Advance(TimeSpan.FromHours(1));
            for (var times = 0; times < (hour * 5 % 7) + 1; times++)
            {
                await House.Gateway.Exchange(token);
            }

            if (hour % 3 == 0)
            {
                Assert.Equal(403, (await developer.Post($"/v1/workspace/{Slug}/team", Json.Of(("name", "Mine")))).Status);
                Assert.Equal(401, (await House.Gateway.Bearer("ek_live_" + new string('0', 42)).Post("/v1/auth/exchange")).Status);
            }
        }
    }

    private Task<string> Made(string path, params (string Name, object? Value)[] fields) => Made(path, Json.Of(fields));

    private async Task<string> Made(string path, JsonObject body)
    {
        var answer = await Operator.Post(path, body);
        Assert.True(answer.Status == 201, answer.Body);
        return answer.Json["id"]!.GetValue<string>();
    }
}
