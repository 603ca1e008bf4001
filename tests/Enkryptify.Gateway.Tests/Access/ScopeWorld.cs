using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Access;

/// <summary>What a scope is to reach, written down by hand: the rule that the tables of this folder hold the gateway against.</summary>
/// <param name="Sees">Environments, as project/environment. The names of their parents are visible with them.</param>
/// <param name="SeesHollow">Whether project <c>hollow</c> is seen, which has no environment that could make it visible.</param>
internal sealed record ScopeRow(string Name, Func<Acme, JsonObject> Scope, string[] Sees, bool SeesHollow);

/// <summary>
/// <see cref="Acme"/>, and a credential of each permission and scope. Made only after them, to be reached through the parents:
/// <code>
///   red   shop   late          KEY = "shop-late"
///         new    dev           KEY = "new-dev"
///         hollow (no environment)
/// </code>
/// </summary>
public sealed class ScopeWorld : SharedAcme
{
    internal static readonly ScopeRow[] Rows =
    [
        new("all", _ => Json.Everything, ["shop/dev", "shop/prod", "shop/late", "site/dev", "new/dev", "bank/dev", "bank/prod"], true),
        new("team red", acme => Json.Scope(teams: [acme.Red]), ["shop/dev", "shop/prod", "shop/late", "site/dev", "new/dev"], true),
        new("team blue", acme => Json.Scope(teams: [acme.Blue]), ["bank/dev", "bank/prod"], false),
        new("project shop", acme => Json.Scope(projects: [acme.Shop]), ["shop/dev", "shop/prod", "shop/late"], false),
        new("environment shop/dev", acme => Json.Scope(environments: [acme.ShopDev]), ["shop/dev"], false),
        new("environment shop/prod, project bank", acme => Json.Scope(projects: [acme.Bank], environments: [acme.ShopProd]), ["shop/prod", "bank/dev", "bank/prod"], false),
        new("team blue, project site, environment shop/dev", acme => Json.Scope(teams: [acme.Blue], projects: [acme.Site], environments: [acme.ShopDev]),
            ["shop/dev", "site/dev", "bank/dev", "bank/prod"], false),
        new("team red and what it holds anyway", acme => Json.Scope(teams: [acme.Red], projects: [acme.Shop], environments: [acme.SiteDev]),
            ["shop/dev", "shop/prod", "shop/late", "site/dev", "new/dev"], true),
        new("environments shop/prod, bank/prod", acme => Json.Scope(environments: [acme.ShopProd, acme.BankProd]), ["shop/prod", "bank/prod"], false),
    ];

    internal static readonly string[] Environments = ["shop/dev", "shop/prod", "shop/late", "site/dev", "new/dev", "bank/dev", "bank/prod"];

    internal static readonly (string Team, string[] Projects)[] Teams = [("red", ["shop", "site", "new", "hollow"]), ("blue", ["bank"])];

    private readonly Dictionary<(string, string), Api> machines = [];
    private readonly Dictionary<string, string> ids = [];
    private int names;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (var row in Rows)
        {
            foreach (var permission in new[] { "read", "read-write" })
            {
                machines[(row.Name, permission)] = (await Gateway.Machine(permission, row.Scope(Acme))).Api;
            }
        }

        foreach (var slug in new[] { "new", "hollow" })
        {
            ids[slug] = await Made("/v1/workspace/acme/project", Json.Of(("name", slug), ("slug", slug), ("teamId", Acme.Red)));
        }

        foreach (var (project, environment) in new[] { ("shop", "late"), ("new", "dev") })
        {
            var id = ids[$"{project}/{environment}"] = await Made($"/v1/workspace/acme/project/{project}/environment", Json.Of(("name", environment)));
            Assert.Equal(201, (await Gateway.Operator.Post(Secrets(project), Json.Secret("KEY", $"{project}-{environment}", [id]))).Status);
        }
    }

    internal static TheoryData<string, string> Callers
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var row in Rows)
            {
                data.Add(row.Name, "read");
                data.Add(row.Name, "read-write");
            }

            return data;
        }
    }

    internal static ScopeRow Row(string name) => Rows.Single(row => row.Name == name);

    internal Api Machine(string scope, string permission) => machines[(scope, permission)];

    /// <summary>The id of a project or, as project/environment, of an environment.</summary>
    internal string Id(string name) => ids.TryGetValue(name, out var id) ? id : Acme.Id(name);

    internal string NextName() => $"ROW_{Interlocked.Increment(ref names)}";

    internal static string Secrets(string project) => $"/v1/workspace/acme/project/{project}/secret";

    private async Task<string> Made(string path, JsonObject body)
    {
        var answer = await Gateway.Operator.Post(path, body);
        Assert.True(answer.Status == 201, answer.Body);
        return answer.Json["id"]!.GetValue<string>();
    }
}
