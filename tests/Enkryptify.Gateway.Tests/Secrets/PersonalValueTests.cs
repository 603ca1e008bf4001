using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>
/// Personal values (contract sections 1 and 6): a login sees and writes its own, a <c>cli</c> token sees them, machines and the local operator see
/// shared values alone, and nobody ever sees another person's.
/// </summary>
public class PersonalValueTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Shop = "/v1/workspace/acme/project/shop/secret";
    private static int names;
    private readonly TestGateway gateway = shared.Gateway;
    private readonly string dev = shared.Acme.ShopDev;
    private readonly string prod = shared.Acme.ShopProd;

    [Theory]
    [InlineData("admin")]
    [InlineData("developer")]
    [InlineData("member")]
    public async Task A_person_of_any_role_sees_and_writes_their_own(string role)
    {
        var (name, person) = (await Made(), await gateway.People.Join(role));
        var answer = await Personal.Write(person.Api, "shop", name, dev, "mine");
        Assert.Equal((200, """{"success":true}"""), (answer.Status, answer.Body));
        Assert.Equal(["shared", "mine"], await Personal.Values(person.Api, "shop", name, dev));
        Assert.Equal(["shared"], await Personal.Values(person.Api, "shop", name, prod));

        // In the list too, with and without a filter, and in another login of theirs.
        foreach (var query in new[] { $"?environmentId={dev}", $"?environment_id={dev}", "" })
        {
            var listed = (await (await gateway.People.SignIn(person.Email)).Get(Shop + query)).Json.AsArray().Single(secret => secret!["name"]!.GetValue<string>() == name)!;
            Assert.Single(listed["values"]!.AsArray(), value => value!["isPersonal"]!.GetValue<bool>() && value["value"]!.GetValue<string>() == "mine" && value["environmentId"]!.GetValue<string>() == dev);
        }

        Assert.Equal(200, (await Personal.Write(person.Api, "shop", name, dev, "changed")).Status);
        Assert.Equal(["shared", "changed"], await Personal.Values(person.Api, "shop", name, dev));
    }

    [Fact]
    public async Task Who_sees_it_and_who_does_not()
    {
        var (name, person, other) = (await Made(), await gateway.People.Join("developer"), await gateway.People.Join("admin"));
        await Personal.Write(person.Api, "shop", name, dev, "mine");
        var (_, _, own) = await gateway.Machine("read-write", creator: person.Api);
        var (_, _, machine) = await gateway.Machine();
        string[] both = ["shared", "mine"];
        foreach (var (api, seen) in new[]
        {
            (person.Api, both), (await gateway.People.Cli(person.Api, dev), both), (own, ["shared"]), (machine, ["shared"]), (gateway.Operator, ["shared"]),
            (other.Api, ["shared"]), (await gateway.People.Cli(other.Api, dev), ["shared"]), ((await gateway.People.Owner()).Api, ["shared"]),
        })
        {
            Assert.Equal(seen, await Personal.Values(api, "shop", name, dev));
            foreach (var path in new[] { Shop, $"{Shop}?environmentId={dev}&resolve=true", $"{Shop}/{name}", $"{Shop}/{name}?resolve=true" })
            {
                var answer = await api.Get(path);
                Assert.Equal((200, seen.Length == 2), (answer.Status, answer.Body.Contains("\"mine\"", StringComparison.Ordinal)));
            }
        }
    }

    [Fact]
    public async Task A_secret_of_which_only_anothers_value_is_left_is_missing()
    {
        var (name, person, other) = (await Made(), await gateway.People.Join("member"), await gateway.People.Join("developer"));
        await Personal.Write(person.Api, "shop", name, dev, "mine");
        Assert.Equal(200, (await gateway.Operator.Delete($"{Shop}/{name}?environmentId={dev}")).Status);
        Assert.Equal(200, (await gateway.Operator.Delete($"{Shop}/{name}?environmentId={prod}")).Status);
        Assert.Equal(["mine"], await Personal.Values(person.Api, "shop", name, dev));
        foreach (var missing in new[]
        {
            await other.Api.Get($"{Shop}/{name}"), await other.Api.Delete($"{Shop}/{name}"), await other.Api.Delete($"{Shop}/{name}?environmentId={dev}"),
            await Personal.Delete(other.Api, "shop", name, dev), await Personal.Write(other.Api, "shop", name, dev, "theirs"),
            await gateway.Operator.Get($"{Shop}/{name}"),
        })
        {
            Assert.Equal((404, "Secret not found"), (missing.Status, missing.Message));
        }

        Assert.DoesNotContain(name, (await other.Api.Get(Shop)).Body, StringComparison.Ordinal);

        // The name is free to others: what they make is shared, and the person sees both.
        Assert.Equal(201, (await other.Api.Post(Shop, Json.Secret(name, "anew", [dev]))).Status);
        Assert.Equal(["anew", "mine"], await Personal.Values(person.Api, "shop", name, dev));
    }

    [Fact]
    public async Task Only_their_login_writes_it()
    {
        var (name, person) = (await Made(), await gateway.People.Join("developer"));
        await Personal.Write(person.Api, "shop", name, dev, "mine");
        var (_, _, machine) = await gateway.Machine("read-write", creator: person.Api);
        var before = TableDump.Of(gateway);
        foreach (var api in new[] { machine, gateway.Operator, await gateway.People.Cli(person.Api, dev) })
        {
            var (put, delete) = (await Personal.Write(api, "shop", name, dev, "changed"), await Personal.Delete(api, "shop", name, dev));
            Assert.Equal((403, 403), (put.Status, delete.Status));
            before = Without(before);
            Assert.Equal(before, Without(TableDump.Of(gateway)));
        }

        // The row of the cli token, made meanwhile.
        static string Without(string dump) => string.Join('\n', dump.Split('\n').Where(line => !line.Contains("|cli|", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_echo_of_everything_seen_changes_nothing_whoever_sends_it()
    {
        var (name, person) = (await Made(), await gateway.People.Join("member"));
        await Personal.Write(person.Api, "shop", name, dev, "mine");
        foreach (var api in new[] { person.Api, await gateway.People.Cli(person.Api, dev) })
        {
            var seen = (await api.Get($"{Shop}/{name}")).Json;
            var before = TableDump.Of(gateway);
            var echo = await api.Put($"{Shop}/{name}", Json.Of(("name", seen["name"]), ("type", seen["type"]), ("dataType", seen["dataType"]), ("values", seen["values"])));
            Assert.Equal(200, echo.Status);
            Assert.Equal(before, TableDump.Of(gateway));
        }
    }

    [Fact]
    public async Task Its_owner_deletes_it_and_nothing_else()
    {
        var (name, person, other) = (await Made(), await gateway.People.Join("member"), await gateway.People.Join("member"));
        await Personal.Write(person.Api, "shop", name, dev, "mine");
        await Personal.Write(person.Api, "shop", name, prod, "mine-prod");
        await Personal.Write(other.Api, "shop", name, dev, "theirs");
        var before = TableDump.Of(gateway);
        var whole = await person.Api.Delete($"{Shop}/{name}?personal=true");
        Assert.Equal((400, "personal: needs environmentId"), (whole.Status, whole.Message));
        Assert.Equal(400, (await person.Api.Delete($"{Shop}/{name}?environmentId={dev}&personal=yes")).Status);
        Assert.Equal(before, TableDump.Of(gateway));

        var answer = await Personal.Delete(person.Api, "shop", name, dev);
        Assert.Equal((200, """{"success":true}"""), (answer.Status, answer.Body));
        Assert.Equal(["shared"], await Personal.Values(person.Api, "shop", name, dev));
        Assert.Equal(["shared", "mine-prod"], await Personal.Values(person.Api, "shop", name, prod));
        Assert.Equal(["shared", "theirs"], await Personal.Values(other.Api, "shop", name, dev));
        Assert.Equal(404, (await Personal.Delete(person.Api, "shop", name, dev)).Status);
        var entry = AuditTail.Entries(gateway).Last(one => one["action"]!.GetValue<string>() == "DELETE" && one["outcome"]!.GetValue<string>() == "allowed");
        Assert.Equal((person.Email, name, true), (entry["actor"]!["name"]!.GetValue<string>(), entry["target"]!["name"]!.GetValue<string>(), entry["data"]!["personal"]!.GetValue<bool>()));

        // A member may not delete the shared one.
        Assert.Equal(403, (await person.Api.Delete($"{Shop}/{name}?environmentId={dev}")).Status);
    }

    [Fact]
    public async Task With_its_last_value_of_all_a_secret_goes()
    {
        var (name, person) = (await Made(), await gateway.People.Join("member"));
        await Personal.Write(person.Api, "shop", name, dev, "mine");
        await gateway.Operator.Delete($"{Shop}/{name}?environmentId={dev}");
        await gateway.Operator.Delete($"{Shop}/{name}?environmentId={prod}");
        Assert.Contains(name, TableDump.Of(gateway), StringComparison.Ordinal);
        Assert.Equal(200, (await Personal.Delete(person.Api, "shop", name, dev)).Status);
        Assert.DoesNotContain(name, TableDump.Of(gateway), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Out_of_ones_scope_there_is_none_to_write_or_delete()
    {
        var name = await Made();
        var person = await gateway.People.Join("member", Json.Scope(environments: [dev]));
        foreach (var answer in new[] { await Personal.Write(person.Api, "shop", name, prod, "mine"), await Personal.Delete(person.Api, "shop", name, prod) })
        {
            Assert.Equal((404, "Environment not found"), (answer.Status, answer.Message));
        }
    }

    [Fact]
    public async Task Where_overrides_are_off_it_is_hidden_and_kept_and_writing_one_is_409()
    {
        var (own, acme) = await TestGateway.StartWithAcme();
        await using var _ = own;
        var person = await own.People.Join("developer");
        await Personal.Write(person.Api, "shop", "KEY", acme.ShopDev, "mine");
        await Personal.Write(person.Api, "shop", "KEY", acme.ShopProd, "mine-prod");
        var environment = $"/v1/workspace/acme/project/shop/environment/{acme.ShopDev}";
        Assert.Equal(200, (await own.Operator.Patch(environment, Json.Of(("hasPersonalOverrides", false)))).Status);

        Assert.Equal(["shop-dev"], await Personal.Values(person.Api, "shop", "KEY", acme.ShopDev));
        Assert.Equal(["shop-prod", "mine-prod"], await Personal.Values(person.Api, "shop", "KEY", acme.ShopProd));
        Assert.Equal(["shop-dev"], await Personal.Values(await own.People.Cli(person.Api, acme.ShopDev), "shop", "KEY", acme.ShopDev));
        var before = TableDump.Of(own);
        var write = await Personal.Write(person.Api, "shop", "KEY", acme.ShopDev, "changed");
        Assert.Equal((409, "personal_overrides_off"), (write.Status, write.Code));
        Assert.Equal(404, (await Personal.Delete(person.Api, "shop", "KEY", acme.ShopDev)).Status);

        // One refused entry refuses the whole request; an echo of what was seen before the switch is no write.
        var mixed = await person.Api.Put($"{Secrets(acme)}/KEY", Json.Of(("values", Json.List(
            Json.Of(("environmentId", acme.ShopProd), ("value", "new")), Json.Of(("environmentId", acme.ShopDev), ("value", "changed"), ("isPersonal", true))))));
        Assert.Equal(409, mixed.Status);
        Assert.Equal(200, (await Personal.Write(person.Api, "shop", "KEY", acme.ShopDev, "mine")).Status);
        Assert.Equal(before, TableDump.Of(own));

        Assert.Equal(200, (await own.Operator.Patch(environment, Json.Of(("hasPersonalOverrides", true)))).Status);
        Assert.Equal(["shop-dev", "mine"], await Personal.Values(person.Api, "shop", "KEY", acme.ShopDev));

        static string Secrets(Acme acme) => $"/v1/workspace/acme/project/{acme.Shop}/secret";
    }

    [Fact]
    public async Task A_reference_prefers_the_callers_own_value_and_never_anothers()
    {
        var (host, url) = (await Made(), $"URL_{Interlocked.Increment(ref names)}");
        var (person, other) = (await gateway.People.Join("member"), await gateway.People.Join("member"));
        Assert.Equal(201, (await gateway.Operator.Post(Shop, Json.Secret(url, $"https://${{{host}}}/${{shop.prod.{host}}}", [dev]))).Status);
        await Personal.Write(person.Api, "shop", host, dev, "my-host");
        await Personal.Write(other.Api, "shop", host, prod, "their-prod");
        var (_, _, machine) = await gateway.Machine();
        foreach (var (api, text) in new[]
        {
            (person.Api, "https://my-host/shared"), (other.Api, "https://shared/their-prod"), (machine, "https://shared/shared"), (gateway.Operator, "https://shared/shared"),
            (await gateway.People.Cli(person.Api, dev), $"https://my-host/${{shop.prod.{host}}}"),
        })
        {
            var answer = await api.Get($"{Shop}/{url}?environmentId={dev}&resolve=true");
            Assert.Equal(text, answer.Json["values"]![0]!["value"]!.GetValue<string>());
        }

        // A personal value refers as a shared one does.
        await Personal.Write(person.Api, "shop", url, dev, $"mine:${{{host}}}");
        var both = (await person.Api.Get($"{Shop}/{url}?environmentId={dev}&resolve=true")).Json["values"]!.AsArray();
        Assert.Equal(["https://my-host/shared", "mine:my-host"], both.OrderBy(value => value!["isPersonal"]!.GetValue<bool>()).Select(value => value!["value"]!.GetValue<string>()));
    }

    /// <summary>Else a member could write a reference that a wider reader of theirs would fetch; the personal value is theirs alone, but the rule is one.</summary>
    [Fact]
    public async Task It_may_not_refer_to_what_its_writer_may_not_read()
    {
        var name = await Made();
        var person = await gateway.People.Join("member", Json.Scope(environments: [dev]));
        var answer = await Personal.Write(person.Api, "shop", name, dev, $"${{shop.prod.{name}}}");
        Assert.Equal((403, "Insufficient permissions: values[0].value: refers to what you may not read"), (answer.Status, answer.Message));
        Assert.Equal(200, (await Personal.Write(person.Api, "shop", name, dev, "${KEY}")).Status);
    }

    [Fact]
    public async Task It_is_sealed_for_its_owner_alone()
    {
        var (own, acme) = await TestGateway.StartWithAcme();
        await using var _ = own;
        var (person, other) = (await own.People.Join("member"), await own.People.Join("member"));
        await Personal.Write(person.Api, "shop", "KEY", acme.ShopDev, "mine");
        await Personal.Write(other.Api, "shop", "KEY", acme.ShopDev, "theirs");
        var (mine, theirs) = (await Id(person), await Id(other));
        await own.Close();
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(own.DataDirectory, "gateway.db")};Pooling=False"))
        {
            // Whoever can write the file gives one person's sealed value to another.
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"UPDATE secret_value SET sealed = (SELECT sealed FROM secret_value WHERE owner_id = '{mine}') WHERE owner_id = '{theirs}'";
            Assert.Equal(1, command.ExecuteNonQuery());
        }

        await own.Open();
        var answer = await own.Bearer(other.Api.Token!).Get($"/v1/workspace/acme/project/shop/secret/KEY?environmentId={acme.ShopDev}");
        Assert.Equal(500, answer.Status);
        Assert.DoesNotContain("mine", answer.Body, StringComparison.Ordinal);
        Assert.Equal(["shop-dev", "mine"], await Personal.Values(own.Bearer(person.Api.Token!), "shop", "KEY", acme.ShopDev));

        static async Task<string> Id(Person person) => (await person.Api.Get("/v1/me")).Json["id"]!.GetValue<string>();
    }

    /// <summary>A secret with the shared value "shared" in dev and prod.</summary>
    private async Task<string> Made()
    {
        var name = $"PERSONAL_{Interlocked.Increment(ref names)}";
        Assert.Equal(201, (await gateway.Operator.Post(Shop, Json.Secret(name, "shared", [dev, prod]))).Status);
        return name;
    }
}
