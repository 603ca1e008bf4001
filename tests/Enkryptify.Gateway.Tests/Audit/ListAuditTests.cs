using System.Globalization;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Audit;

/// <summary>GET …/audit: a workspace's entries, newest first, filtered and paged (contract section 5).</summary>
public class ListAuditTests(ListAuditTests.World world) : IClassFixture<ListAuditTests.World>
{
    private const string Path = "/v1/workspace/acme/audit";
    private readonly TestGateway gateway = world.Gateway;

    [Fact]
    public async Task Entries_are_newest_first_and_as_they_are_stored()
    {
        Assert.Equal(200, (await world.Developer.Api.Get("/v1/workspace/acme/project/shop/secret/KEY")).Status);
        Assert.Equal(403, (await world.Developer.Api.Get("/v1/workspace/acme/rbac")).Status);
        var stored = AuditTail.Entries(gateway).Where(Here).Reverse().Take(ListAudit.MaxLimit).ToList();
        var answer = await gateway.Operator.Get($"{Path}?limit={ListAudit.MaxLimit}&before={Seq(stored[0]) + 1}");
        Assert.Equal((200, "no-store"), (answer.Status, answer.Headers["Cache-Control"]));
        var shown = answer.Json.AsArray();
        Assert.Equal(stored.Select(entry => entry.ToJsonString()), shown.Select(entry => entry!.ToJsonString()));
        Assert.Equal(("LIST", "denied", "insufficient_permissions"), (Text(0, "action"), Text(0, "outcome"), Text(0, "reason")));
        Assert.Equal(("VIEW", "allowed"), (Text(1, "action"), Text(1, "outcome")));

        // Having looked is an entry too.
        Assert.Equal(("LIST", "audit"), ((await gateway.Operator.Get($"{Path}?limit=1")).Json[0] is var newest ? newest!["action"]!.GetValue<string>() : "", newest!["target"]!["kind"]!.GetValue<string>()));

        string Text(int index, string name) => shown[index]![name]!.GetValue<string>();
    }

    [Theory]
    [InlineData("action=VIEW")]
    [InlineData("action=CREATE")]
    [InlineData("actor={developer}")]
    [InlineData("actor={developerId}")]
    [InlineData("actor=user")]
    [InlineData("actor=local-operator")]
    [InlineData("target=KEY")]
    [InlineData("target={shop}")]
    [InlineData("target=secret")]
    [InlineData("target=secret&action=VIEW&actor={developer}")]
    [InlineData("from={middle}")]
    [InlineData("to={middle}")]
    [InlineData("from={middle}&to={middle}")]
    [InlineData("from={middle}&action=VIEW&limit=3")]
    public async Task A_filter_finds_what_matches_and_nothing_else(string query)
    {
        query = world.Fill(query);
        var wanted = query.Split('&').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]));
        var limit = wanted.TryGetValue("limit", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 500;
        var last = AuditTail.Entries(gateway)[^1]["seq"]!.GetValue<long>();
        var expected = AuditTail.Entries(gateway).Where(Here).Where(entry => Matches(entry, wanted)).Reverse().Take(limit).Select(Seq).ToList();
        Assert.NotEmpty(expected);
        var answer = await gateway.Operator.Get($"{Path}?{query}{(wanted.ContainsKey("limit") ? "" : "&limit=500")}&before={last + 1}");
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal(expected, answer.Json.AsArray().Select(entry => Seq(entry!)));
    }

    [Theory]
    [InlineData("action=view")]
    [InlineData("action=VIE")]
    [InlineData("actor=nobody@acme.test")]
    [InlineData("target=")]
    [InlineData("from=2099-01-01T00:00:00Z")]
    [InlineData("to=2000-01-01T00:00:00Z")]
    [InlineData("before=1")]
    [InlineData("before=0")]
    public async Task A_filter_that_matches_nothing_finds_nothing(string query)
    {
        var answer = await gateway.Operator.Get($"{Path}?{query}");
        Assert.Equal((200, "[]", "0"), (answer.Status, answer.Body, answer.Headers["Audit-Scanned-To"]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(500)]
    public async Task Following_audit_scanned_to_finds_everything_once_while_the_log_grows(int limit)
    {
        var before = AuditTail.Entries(gateway).Where(Here).Select(Seq).Reverse().ToList();
        var found = new List<long>();
        var next = AuditTail.Entries(gateway)[^1]["seq"]!.GetValue<long>() + 1;
        for (var pages = 0; next != 0; pages++)
        {
            Assert.True(pages < 2_000, "paging does not end");
            var answer = await gateway.Operator.Get($"{Path}?limit={limit}&before={next}");
            var page = answer.Json.AsArray().Select(entry => Seq(entry!)).ToList();
            Assert.True(page.Count <= limit);
            found.AddRange(page);
            next = long.Parse(answer.Headers["Audit-Scanned-To"], CultureInfo.InvariantCulture);
        }

        Assert.Equal(before, found);
    }

    [Fact]
    public async Task Without_a_limit_a_page_has_a_hundred()
    {
        for (var i = 0; i < 110; i++)
        {
            await gateway.Operator.Get("/v1/workspace/acme/team");
        }

        Assert.Equal(100, (await gateway.Operator.Get(Path)).Json.AsArray().Count);
    }

    [Fact]
    public async Task Another_workspaces_entries_never_appear_nor_those_of_none()
    {
        var owner = await gateway.People.Owner();
        await owner.Api.Get("/v1/workspace/other/project/yard/secret");
        await owner.Api.Get("/v1/workspace/acme/project/shop/secret");
        var all = AuditTail.Entries(gateway);
        Assert.Contains(all, entry => entry["workspace"]?.GetValue<string>() == world.Acme.Id("other"));
        Assert.Contains(all, entry => entry["workspace"] is null);
        foreach (var (slug, id) in new[] { ("acme", world.Acme.Id("acme")), ("other", world.Acme.Id("other")) })
        {
            foreach (var filter in new[] { "", "&target=KEY", "&action=VIEW", $"&actor={owner.Email}", "&target=secret" })
            {
                var entries = (await owner.Api.Get($"/v1/workspace/{slug}/audit?limit=500{filter}")).Json.AsArray();
                Assert.All(entries, entry => Assert.Equal(id, entry!["workspace"]!.GetValue<string>()));
            }
        }
    }

    [Fact]
    public async Task It_is_for_an_admin_of_the_whole_workspace()
    {
        var (_, _, machine) = await gateway.Machine();
        foreach (var (api, status) in new[]
        {
            ((await gateway.People.Join("admin")).Api, 200), ((await gateway.People.Join("admin", Json.Scope(teams: [world.Acme.Red, world.Acme.Blue]))).Api, 403),
            (world.Developer.Api, 403), ((await gateway.People.Join("member")).Api, 403), ((await gateway.People.Join("admin", workspace: "other")).Api, 404),
            (machine, 403), (gateway.Anonymous, 401), (gateway.Operator, 200),
        })
        {
            var answer = await api.Get(Path);
            Assert.Equal(status, answer.Status);
            Assert.True(status == 200 || !answer.Headers.ContainsKey("Audit-Scanned-To"));
        }
    }

    [Theory]
    [InlineData("limit=0", "limit: must be 1 to 500")]
    [InlineData("limit=501", "limit: must be 1 to 500")]
    [InlineData("limit=-1", "limit: must be a whole number")]
    [InlineData("limit=ten", "limit: must be a whole number")]
    [InlineData("limit=99999999999999999999", "limit: must be a whole number")]
    [InlineData("before=x", "before: must be a whole number")]
    [InlineData("from=yesterday", "from: must be an ISO-8601 time")]
    [InlineData("to=1", "to: must be an ISO-8601 time")]
    [InlineData("action=VIEW&action=LIST", "action: is given more than once, with different values")]
    public async Task A_malformed_query_is_400(string query, string message)
    {
        var answer = await gateway.Operator.Get($"{Path}?{query}");
        Assert.Equal((400, message), (answer.Status, answer.Message));
    }

    private static long Seq(JsonNode entry) => entry["seq"]!.GetValue<long>();

    private static bool Matches(JsonNode entry, Dictionary<string, string> wanted) => wanted.All(filter => filter.Key switch
    {
        "action" => entry["action"]!.GetValue<string>() == filter.Value,
        "actor" or "target" => entry[filter.Key]!.AsObject().Any(member => member.Value!.GetValue<string>() == filter.Value),
        "from" => entry["time"]!.GetValue<DateTimeOffset>() >= DateTimeOffset.Parse(filter.Value, CultureInfo.InvariantCulture),
        "to" => entry["time"]!.GetValue<DateTimeOffset>() <= DateTimeOffset.Parse(filter.Value, CultureInfo.InvariantCulture),
        _ => true,
    });

    private bool Here(JsonNode entry) => entry["workspace"]?.GetValue<string>() == world.Acme.Id("acme");

    /// <summary>Something of everything, at three moments, by three kinds of caller.</summary>
    public sealed class World : SharedAcme
    {
        internal Person Developer { get; private set; } = null!;

        private string Middle { get; set; } = "";

        private string DeveloperId { get; set; } = "";

        public override async ValueTask InitializeAsync()
        {
            await base.InitializeAsync();
            Developer = await Gateway.People.Join("developer");
            DeveloperId = (await Developer.Api.Get("/v1/me")).Json["id"]!.GetValue<string>();
            var (_, _, machine) = await Gateway.Machine();
            var (_, _, foreign) = await Gateway.Machine(workspace: "other");
            for (var moment = 0; moment < 3; moment++)
            {
                Gateway.Clock.Advance(TimeSpan.FromMinutes(1));
                if (moment == 1)
                {
                    Middle = Gateway.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
                }

                foreach (var api in new[] { Developer.Api, machine, Gateway.Operator })
                {
                    await api.Get("/v1/workspace/acme/project/shop/secret/KEY");
                    await api.Get("/v1/workspace/acme/project/shop");
                    await api.Post("/v1/workspace/acme/project/shop/secret", Json.Secret($"S{moment}", "v", [Acme.ShopDev]));
                    await api.Get("/v1/workspace/acme/rbac");
                }

                await foreign.Get("/v1/workspace/other/project/yard/secret/KEY");
                await foreign.Get("/v1/workspace/acme/project/shop/secret/KEY");
            }
        }

        internal string Fill(string query) => query.Replace("{developer}", Uri.EscapeDataString(Developer.Email), StringComparison.Ordinal)
            .Replace("{developerId}", DeveloperId, StringComparison.Ordinal).Replace("{shop}", Acme.Shop, StringComparison.Ordinal)
            .Replace("{middle}", Uri.EscapeDataString(Middle), StringComparison.Ordinal);
    }
}
