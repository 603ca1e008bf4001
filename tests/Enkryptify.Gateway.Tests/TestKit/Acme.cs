namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>
/// The structure that most tests use. Ids by name:
/// <code>
/// acme
///   red   (team)    shop (project)   dev, prod         KEY in both, value "shop-dev", "shop-prod"
///                   site             dev               KEY = "site-dev"
///   blue            bank             dev, prod         KEY = "bank-dev", "bank-prod"
/// other             (a second workspace: team green, project yard, environment dev with KEY = "yard-dev")
/// </code>
/// </summary>
internal sealed class Acme
{
    public const string Secrets = "/v1/workspace/acme/project/{0}/secret";

    private readonly Dictionary<string, string> ids = new(StringComparer.Ordinal);

    public string Red => ids["red"];

    public string Blue => ids["blue"];

    public string Shop => ids["shop"];

    public string Site => ids["site"];

    public string Bank => ids["bank"];

    public string ShopDev => ids["shop/dev"];

    public string ShopProd => ids["shop/prod"];

    public string SiteDev => ids["site/dev"];

    public string BankDev => ids["bank/dev"];

    public string BankProd => ids["bank/prod"];

    public string YardDev => ids["yard/dev"];

    public string Id(string name) => ids[name];

    public static async Task<Acme> Seed(TestGateway gateway)
    {
        var acme = new Acme();
        await acme.Workspace(gateway.Operator, "acme", ("red", "shop", ["dev", "prod"]), ("red", "site", ["dev"]), ("blue", "bank", ["dev", "prod"]));
        await acme.Workspace(gateway.Operator, "other", ("green", "yard", ["dev"]));
        return acme;
    }

    private async Task Workspace(Api api, string slug, params (string Team, string Project, string[] Environments)[] projects)
    {
        ids[slug] = await Made(api, "/v1/workspace", Json.Of(("name", slug), ("slug", slug)));
        foreach (var (team, project, environments) in projects)
        {
            if (!ids.ContainsKey(team))
            {
                ids[team] = await Made(api, $"/v1/workspace/{slug}/team", Json.Of(("name", team)));
            }

            ids[project] = await Made(api, $"/v1/workspace/{slug}/project", Json.Of(("name", project), ("slug", project), ("teamId", ids[team])));
            foreach (var environment in environments)
            {
                var id = ids[$"{project}/{environment}"] = await Made(
                    api, $"/v1/workspace/{slug}/project/{project}/environment", Json.Of(("name", environment), ("hasPersonalOverrides", true)));
                var stored = await api.Post($"/v1/workspace/{slug}/project/{project}/secret", Json.Secret("KEY", $"{project}-{environment}", [id]));
                Assert.Equal(201, stored.Status);
            }
        }
    }

    private static async Task<string> Made(Api api, string path, System.Text.Json.Nodes.JsonNode body)
    {
        var answer = await api.Post(path, body);
        Assert.True(answer.Status == 201, answer.Body);
        return answer.Json["id"]!.GetValue<string>();
    }
}
