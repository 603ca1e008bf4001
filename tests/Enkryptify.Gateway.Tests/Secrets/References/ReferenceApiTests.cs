using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>References over the wire (contract section 6): what they become for whom, what may be written, what the audit log says of it.</summary>
public class ReferenceApiTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Shop = "/v1/workspace/acme/project/shop/secret";
    private readonly TestGateway gateway = shared.Gateway;
    private readonly Acme acme = shared.Acme;

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    [Fact]
    public async Task Cycles_stay_as_they_were_written()
    {
        await Write(("SELF", "<${SELF}>"), ("CYCLE_A", "a${CYCLE_B}"), ("CYCLE_B", "b${CYCLE_C}"), ("CYCLE_C", "c${CYCLE_A}"));
        Assert.Equal("<${SELF}>", await Resolved("SELF"));
        Assert.Equal("abc${CYCLE_A}", await Resolved("CYCLE_A"));
        Assert.Equal("bca${CYCLE_B}", await Resolved("CYCLE_B"));
        Assert.Equal("a${CYCLE_B}", await Text("CYCLE_A", resolve: false));
    }

    [Fact]
    public async Task Ten_levels_are_followed_and_the_eleventh_stays()
    {
        await Write([.. Enumerable.Range(0, 13).Select(i => ($"DEEP_{i}", i < 12 ? $"{i},${{DEEP_{i + 1}}}" : "end"))]);
        Assert.Equal("2,3,4,5,6,7,8,9,10,11,end", await Resolved("DEEP_2"));
        Assert.Equal("1,2,3,4,5,6,7,8,9,10,11,${DEEP_12}", await Resolved("DEEP_1"));
        Assert.Equal("0,1,2,3,4,5,6,7,8,9,10,${DEEP_11}", await Resolved("DEEP_0"));
    }

    /// <summary>64 KiB hold 13,000 references. A thousand are considered, in one look-up; a list of such values shares the thousand.</summary>
    [Fact]
    public async Task Of_thirteen_thousand_references_in_one_value_the_first_thousand_are_expanded()
    {
        await Write(("M_13", "x"), ("MANY_A", Repeat("${M_13}", 9_000)), ("MANY_B", Repeat("${X}", 13_000)), ("X", "y"), ("MANY_C", "${X}"));
        Assert.Equal(Repeat("x", 1_000) + Repeat("${M_13}", 8_000), await Resolved("MANY_A"));
        Assert.Equal(Repeat("y", 1_000) + Repeat("${X}", 12_000), await Resolved("MANY_B"));
        var list = await gateway.Operator.Get($"{Shop}?environmentId=dev&resolve=true");
        Assert.Equal(200, list.Status);
        Assert.Equal(Repeat("${X}", 13_000), Value(list.Json.AsArray().Single(secret => (string)secret!["name"]! == "MANY_B")!));
        await Remove("M_13", "MANY_A", "MANY_B", "X", "MANY_C");
    }

    [Fact]
    public async Task Expansion_ends_at_a_mebibyte_for_a_whole_list()
    {
        var block = Repeat("0123456789abcdef", 4_096);
        await Write([("BIG", block), .. Enumerable.Range(0, 30).Select(i => ($"BIG_{i:D2}", Repeat("${BIG}", 10)))]);
        var list = await gateway.Operator.Get($"{Shop}?environmentId=dev&resolve=true");
        Assert.Equal(200, list.Status);
        Assert.InRange(Encoding.UTF8.GetByteCount(list.Body), 1 << 20, (1 << 20) + (256 << 10));

        // Sixteen blocks are a mebibyte; what other secrets of the list expand to counts too, and is far less than one block.
        Assert.InRange(list.Json.AsArray().Where(secret => ((string)secret!["name"]!).StartsWith("BIG_", StringComparison.Ordinal)).Sum(secret => Value(secret!).Split(block).Length - 1), 15, 16);
        await Remove([.. Enumerable.Range(0, 30).Select(i => $"BIG_{i:D2}"), "BIG"]);
    }

    /// <summary>Ten levels, each naming the next ten times: ten thousand million, if it were followed.</summary>
    [Fact]
    public async Task A_billion_laughs_end_at_the_mebibyte()
    {
        await Write([("LOL_9", "lol"), .. Enumerable.Range(0, 9).Select(i => ($"LOL_{i}", Repeat($"${{LOL_{i + 1}}}", 10)))]);
        var text = await Resolved("LOL_0");
        Assert.InRange(text.Length, 1_000, 1 << 20);
        Assert.Contains("${LOL_", text, StringComparison.Ordinal);
        await Remove([.. Enumerable.Range(0, 10).Select(i => $"LOL_{i}")]);
    }

    /// <summary>Each row: who reads, and what the three references become: into the other environment, into another team's project, into nothing.</summary>
    [Theory]
    [InlineData("all", "shop-prod|bank-dev|${bank.nope.KEY}")]
    [InlineData("shop", "shop-prod|${bank.dev.KEY}|${bank.nope.KEY}")]
    [InlineData("shop/dev", "${shop.prod.KEY}|${bank.dev.KEY}|${bank.nope.KEY}")]
    [InlineData("shop/dev and bank", "${shop.prod.KEY}|bank-dev|${bank.nope.KEY}")]
    public async Task What_the_reader_may_not_see_stays_as_it_was_written(string scope, string expected)
    {
        var name = "WIDE_" + scope.Replace('/', '_').Replace(' ', '_');
        await Write((name, "${shop.prod.KEY}|${bank.dev.KEY}|${bank.nope.KEY}"));
        var (_, _, reader) = await gateway.Machine("read", scope switch
        {
            "all" => Json.Everything,
            "shop" => Json.Scope(projects: [acme.Shop]),
            "shop/dev" => Json.Scope(environments: [acme.ShopDev]),
            _ => Json.Scope(environments: [acme.ShopDev], projects: [acme.Bank]),
        });
        Assert.Equal(expected, await Text(name, resolve: true, reader));
    }

    [Fact]
    public async Task A_reference_of_another_workspace_is_nothing()
    {
        await Write(("FOREIGN", "${yard.dev.KEY}"));
        Assert.Equal("${yard.dev.KEY}", await Resolved("FOREIGN"));
    }

    [Fact]
    public async Task A_reference_is_seen_from_the_environment_it_is_written_in()
    {
        await Write(("VIA", "${shop.prod.HOP}"));
        Assert.Equal(201, (await gateway.Operator.Post(Shop, Json.Secret("HOP", "${KEY}", [acme.ShopProd]))).Status);
        Assert.Equal("shop-prod", await Resolved("VIA"));
    }

    /// <summary>Missing and out of sight are refused alike, in every position; the writer of everything may write all of it.</summary>
    [Fact]
    public async Task A_reference_to_what_its_writer_may_not_read_is_refused_and_tells_nothing()
    {
        var (_, _, confined) = await gateway.Machine(scope: Json.Scope(environments: [acme.ShopDev]));
        var (_, _, everywhere) = await gateway.Machine();
        var before = TableDump.Of(gateway);
        var answers = new List<Answer>();
        foreach (var reference in (string[])["${shop.prod.KEY}", "${bank.dev.KEY}", "${bank.dev.NONE}", "${bank.nope.KEY}", "${nope.dev.KEY}", "${yard.dev.KEY}"])
        {
            answers.Add(await confined.Post(Shop, Json.Secret("SCOPED", $"text {reference}", [acme.ShopDev])));
            var update = await confined.Put(Shop + "/KEY", Entry(reference));
            Assert.Equal((403, "insufficient_permissions"), (update.Status, update.Code));
            Assert.Equal("Insufficient permissions: values[0].value: refers to what you may not read", update.Message);
        }

        Assert.All(answers, answer => Assert.Equal(403, answer.Status));
        Assert.Single(answers.Select(answer => answer.Telling).Distinct());
        Assert.Equal("Insufficient permissions: secrets[0].value: refers to what you may not read", answers[0].Message);
        Assert.Equal(before, TableDump.Of(gateway));

        Assert.Equal(201, (await confined.Post(Shop, Json.Secret("SCOPED_OK", "${KEY} ${NONE} ${shop.dev.KEY} ${shop.dev.NONE}", [acme.ShopDev]))).Status);
        Assert.Equal(201, (await everywhere.Post(Shop, Json.Secret("EVERYWHERE", "${shop.prod.KEY}${bank.dev.KEY}${bank.nope.KEY}${nope.dev.KEY}", [acme.ShopDev]))).Status);
    }

    /// <summary>What is refused is adding a reference: a client that echoes or edits around one that somebody else wrote is not stopped.</summary>
    [Fact]
    public async Task A_reference_that_was_there_may_stay()
    {
        await Write(("ECHO", "1 ${bank.dev.KEY}"));
        var (_, _, confined) = await gateway.Machine(scope: Json.Scope(environments: [acme.ShopDev]));
        Assert.Equal(200, (await confined.Put(Shop + "/ECHO", Entry("1 ${bank.dev.KEY}"))).Status);
        Assert.Equal(200, (await confined.Put(Shop + "/ECHO", Entry("2 ${bank.dev.KEY}${bank.dev.KEY}"))).Status);
        Assert.Equal(403, (await confined.Put(Shop + "/ECHO", Entry("2 ${bank.dev.KEY}${bank.prod.KEY}"))).Status);
        Assert.Equal(200, (await confined.Put(Shop + "/ECHO", Entry("none"))).Status);
        Assert.Equal(403, (await confined.Put(Shop + "/ECHO", Entry("1 ${bank.dev.KEY}"))).Status);
    }

    [Fact]
    public async Task Every_secret_that_a_reference_opened_is_in_the_one_entry()
    {
        await Write(("AUDITED", "${shop.prod.KEY} ${MIDDLE} ${MIDDLE} ${bank.nope.KEY} ${NONE}"), ("MIDDLE", "${bank.dev.KEY}"));
        var seen = AuditTail.Entries(gateway).Count;
        Assert.Equal("shop-prod bank-dev bank-dev ${bank.nope.KEY} ${NONE}", await Resolved("AUDITED"));
        await Text("AUDITED", resolve: false);
        var entries = AuditTail.Entries(gateway).Skip(seen).ToList();
        Assert.Equal(["VIEW", "VIEW"], entries.Select(entry => (string)entry["action"]!));
        Assert.Equal(["shop/prod/KEY", "shop/dev/MIDDLE", "bank/dev/KEY"], entries[0]["data"]!["resolved"]!.AsArray().Select(one => (string)one!));
        Assert.Null(entries[1]["data"]!["resolved"]);
        Assert.Equal("AUDITED", (string)entries[0]["target"]!["name"]!);
    }

    private JsonObject Entry(string value) => Json.Of(("values", Json.List(Json.Of(("environmentId", acme.ShopDev), ("value", value), ("isPersonal", false)))));

    private async Task Write(params (string Name, string Value)[] secrets)
    {
        var answer = await gateway.Operator.Post(Shop, Json.Of(
            ("environments", Json.List(acme.ShopDev)), ("secrets", Json.List([.. secrets.Select(secret => Json.Of(("key", secret.Name), ("value", secret.Value)))]))));
        Assert.True(answer.Status == 201, answer.Body);
    }

    private async Task Remove(params string[] names)
    {
        foreach (var name in names)
        {
            Assert.Equal(200, (await gateway.Operator.Delete($"{Shop}/{name}")).Status);
        }
    }

    private Task<string> Resolved(string name) => Text(name, resolve: true);

    private async Task<string> Text(string name, bool resolve, Api? reader = null)
    {
        var answer = await (reader ?? gateway.Operator).Get($"{Shop}/{name}?environmentId={acme.ShopDev}{(resolve ? "&resolve=true" : "")}");
        Assert.True(answer.Status == 200, answer.Body);
        return Value(answer.Json);
    }

    private static string Value(JsonNode secret) => (string)Assert.Single(secret["values"]!.AsArray())!["value"]!;
}
