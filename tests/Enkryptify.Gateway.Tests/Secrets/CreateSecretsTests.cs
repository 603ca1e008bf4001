using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>POST …/secret (contract section 6): every value into every environment, all or nothing.</summary>
public class CreateSecretsTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Path = "/v1/workspace/acme/project/shop/secret";
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task Several_secrets_go_into_several_environments()
    {
        var (_, _, machine) = await gateway.Machine("read-write", Json.Scope(projects: [shared.Acme.Shop]));
        var body = Body([shared.Acme.ShopDev, shared.Acme.ShopProd], ("SEVERAL_A", "a"), ("SEVERAL_B", "b"));
        var answer = await machine.Post(Path, body);
        Assert.Equal((201, """{"success":true}"""), (answer.Status, answer.Body));
        foreach (var (name, value) in new[] { ("SEVERAL_A", "a"), ("SEVERAL_B", "b") })
        {
            var values = (await machine.Get($"{Path}/{name}")).Json["values"]!.AsArray();
            Assert.Equal(
                new[] { (shared.Acme.ShopDev, value), (shared.Acme.ShopProd, value) }.Order(),
                values.Select(entry => (entry!["environmentId"]!.GetValue<string>(), entry["value"]!.GetValue<string>())).Order());
        }
    }

    [Fact]
    public async Task What_is_sent_comes_back_to_the_letter()
    {
        var values = new[]
        {
            " ", "\n", "line one\r\nline two\n\ttabbed", "{\"json\": \"x\\n\"}", "-----BEGIN KEY-----\nMII=\n-----END KEY-----\n", "naïve ☃ 𝄞 👩‍👩‍👧 עברית \u200d\ufeff",
            "e\u0301 and é stay two spellings", "${NOT_RESOLVED}", "%41 + &amp; <b>", "\u0001\u001f\u007f\u0085", new('x', 65_536), new('€', 21_845), "\"", "\\", "\u2028\u2029",
        };
        for (var i = 0; i < values.Length; i++)
        {
            var name = $"LETTER_{i}";
            var body = Body([shared.Acme.ShopDev], (name, values[i]));
            body["secrets"]![0]!["note"] = "a note\nof two lines ☃";
            Assert.Equal(201, (await gateway.Operator.Post(Path, body)).Status);
            var read = (await gateway.Operator.Get($"{Path}/{name}")).Json;
            Assert.Equal(values[i], Value(read));
            Assert.Equal(("a note\nof two lines ☃", "runtime", "text"), (Text("note"), Text("type"), Text("dataType")));

            string Text(string member) => read[member]!.GetValue<string>();
        }
    }

    [Theory]
    [InlineData("A")]
    [InlineData("a-b_C-9")]
    [InlineData("-")]
    [InlineData("_")]
    [InlineData("0")]
    [InlineData("null")]
    public async Task Names_are_case_sensitive_and_of_the_alphabet(string name)
    {
        foreach (var spelling in new[] { name, name == name.ToUpperInvariant() ? name + "_x" : name.ToUpperInvariant() })
        {
            Assert.Equal(201, (await gateway.Operator.Post(Path, Body([shared.Acme.ShopDev], (spelling, "is " + spelling)))).Status);
            Assert.Equal("is " + spelling, Value((await gateway.Operator.Get($"{Path}/{spelling}")).Json));
        }
    }

    [Fact]
    public async Task A_name_of_128_is_not_too_long()
    {
        var name = new string('L', 128);
        Assert.Equal(201, (await gateway.Operator.Post(Path, Body([shared.Acme.ShopDev], (name, "v")))).Status);
        Assert.Equal(200, (await gateway.Operator.Get($"{Path}/{name}")).Status);
    }

    [Fact]
    public async Task A_name_that_has_a_value_there_is_409_and_nothing_is_made()
    {
        var before = TableDump.Of(gateway);
        foreach (var body in new[]
        {
            Body([shared.Acme.ShopDev], ("KEY", "v")),
            Body([shared.Acme.ShopDev], ("FRESH_1", "v"), ("KEY", "v"), ("FRESH_2", "v")),
            Body([shared.Acme.ShopProd, shared.Acme.ShopDev], ("FRESH_3", "v"), ("KEY", "shop-dev")),
        })
        {
            var answer = await gateway.Operator.Post(Path, body);
            Assert.Equal((409, "secret_exists"), (answer.Status, answer.Code));
            Assert.Contains("KEY", answer.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task A_name_that_has_a_value_elsewhere_gets_another_under_the_same_id()
    {
        await gateway.Operator.Post(Path, Body([shared.Acme.ShopDev], ("SPREAD", "dev")));
        var id = (await gateway.Operator.Get($"{Path}/SPREAD")).Json["id"]!.GetValue<string>();
        Assert.Equal(201, (await gateway.Operator.Post(Path, Body([shared.Acme.ShopProd], ("SPREAD", "prod")))).Status);
        var read = (await gateway.Operator.Get($"{Path}/SPREAD")).Json;
        Assert.Equal((id, 2), (read["id"]!.GetValue<string>(), read["values"]!.AsArray().Count));
        Assert.Equal(409, (await gateway.Operator.Post(Path, Body([shared.Acme.ShopProd], ("SPREAD", "again")))).Status);
    }

    [Fact]
    public async Task The_same_name_in_another_project_is_another_secret()
    {
        await gateway.Operator.Post(Path, Body([shared.Acme.ShopDev], ("TWICE", "shop")));
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/acme/project/site/secret", Body([shared.Acme.SiteDev], ("TWICE", "site")))).Status);
        Assert.Equal("shop", Value((await gateway.Operator.Get($"{Path}/TWICE")).Json));
    }

    /// <summary>One bad entry among many good ones, at each place: the good ones are not there afterwards.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(25)]
    [InlineData(49)]
    public async Task Of_fifty_secrets_all_or_none_are_made(int bad)
    {
        var before = TableDump.Of(gateway);
        var entries = Enumerable.Range(0, 50).Select(i => ($"FIFTY_{bad}_{i}", "v")).ToArray();
        entries[bad] = ("KEY", "taken in dev");
        Assert.Equal(409, (await gateway.Operator.Post(Path, Body([shared.Acme.ShopProd, shared.Acme.ShopDev], entries))).Status);
        entries[bad] = ("FIFTY", "");
        Assert.Equal(400, (await gateway.Operator.Post(Path, Body([shared.Acme.ShopDev], entries))).Status);
        entries[bad] = ($"FIFTY_{bad}", "v");
        Assert.Equal(404, (await gateway.Operator.Post(Path, Body([shared.Acme.ShopDev, shared.Acme.BankDev], entries))).Status);
        Assert.Equal(before, TableDump.Of(gateway));
        Assert.Equal(201, (await gateway.Operator.Post(Path, Body([shared.Acme.ShopDev], entries))).Status);
        Assert.Equal(50, (await gateway.Operator.Get(Path)).Json.AsArray().Count(one => one!["name"]!.GetValue<string>().StartsWith($"FIFTY_{bad}", StringComparison.Ordinal)));
    }

    internal static System.Text.Json.Nodes.JsonObject Body(string[] environments, params (string Key, string Value)[] secrets) => Json.Of(
        ("environments", Json.List([.. environments])),
        ("secrets", Json.List([.. secrets.Select(secret => Json.Of(("key", secret.Key), ("value", secret.Value), ("type", "runtime"), ("dataType", "text")))])));

    private static string Value(System.Text.Json.Nodes.JsonNode secret) => Assert.Single(secret["values"]!.AsArray())!["value"]!.GetValue<string>();
}
