using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>DELETE …/secret/{id}, whole or with <c>?environmentId=</c> (contract section 6).</summary>
public class DeleteSecretTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Path = "/v1/workspace/acme/project/shop/secret";
    private static int names;
    private readonly TestGateway gateway = shared.Gateway;
    private readonly string dev = shared.Acme.ShopDev;
    private readonly string prod = shared.Acme.ShopProd;

    [Fact]
    public async Task Takes_the_secret_with_all_its_values()
    {
        var (_, _, machine) = await gateway.Machine();
        var path = await Made();
        var id = (await gateway.Operator.Get(path)).Json["id"]!.GetValue<string>();
        var answer = await machine.Delete($"{Path}/{id}");
        Assert.Equal((200, """{"success":true}"""), (answer.Status, answer.Body));
        Assert.Equal(404, (await gateway.Operator.Get(path)).Status);
        Assert.DoesNotContain(id, TableDump.Of(gateway), StringComparison.Ordinal);

        // It is gone: again is 404, and the name is free.
        Assert.Equal(404, (await machine.Delete(path)).Status);
        Assert.Equal(201, (await machine.Post(Path, Json.Secret(path.Split('/')[^1], "v", [dev]))).Status);
    }

    [Theory]
    [InlineData("environmentId", true)]
    [InlineData("environment_id", true)]
    [InlineData("environmentId", false)]
    public async Task Takes_one_environments_value(string spelling, bool byId)
    {
        var path = await Made();
        Assert.Equal(200, (await gateway.Operator.Delete($"{path}?{spelling}={(byId ? dev : "dev")}")).Status);
        var left = Assert.Single((await gateway.Operator.Get(path)).Json["values"]!.AsArray())!;
        Assert.Equal((prod, "v"), (left["environmentId"]!.GetValue<string>(), left["value"]!.GetValue<string>()));

        var again = await gateway.Operator.Delete($"{path}?{spelling}={(byId ? dev : "dev")}");
        Assert.Equal((404, "Secret not found"), (again.Status, again.Message));

        // With its last value the secret goes.
        Assert.Equal(200, (await gateway.Operator.Delete($"{path}?environmentId={prod}")).Status);
        Assert.Equal(404, (await gateway.Operator.Get(path)).Status);
        Assert.DoesNotContain(path.Split('/')[^1], TableDump.Of(gateway), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Needs_write_on_each_environment_that_holds_a_value()
    {
        var (_, _, narrow) = await gateway.Machine("read-write", Json.Scope(environments: [dev]));
        var path = await Made();
        var before = TableDump.Of(gateway);
        var answer = await narrow.Delete(path);
        Assert.Equal((403, "Insufficient permissions"), (answer.Status, answer.Message));
        Assert.Equal(before, TableDump.Of(gateway));

        // Its own part it may take; and when nothing else is left, the whole.
        Assert.Equal(200, (await narrow.Delete($"{path}?environmentId={dev}")).Status);
        Assert.Equal(404, (await narrow.Get(path)).Status);
        Assert.Equal(200, (await gateway.Operator.Get(path)).Status);
        var own = await Made(dev);
        Assert.Equal(200, (await narrow.Delete(own)).Status);
    }

    [Fact]
    public async Task Is_403_to_a_reader_and_nothing_is_gone()
    {
        var (_, _, reader) = await gateway.Machine("read");
        var path = await Made();
        var before = TableDump.Of(gateway);
        foreach (var query in new[] { "", $"?environmentId={dev}", "?environment_id=prod" })
        {
            var answer = await reader.Delete(path + query);
            Assert.Equal((403, "denied"), (answer.Status, AuditTail.Of(gateway, answer)["outcome"]!.GetValue<string>()));
        }

        Assert.Equal(before, TableDump.Of(gateway));
    }

    private async Task<string> Made(string? only = null)
    {
        var name = $"DELETE_{Interlocked.Increment(ref names)}_END";
        Assert.Equal(201, (await gateway.Operator.Post(Path, Json.Secret(name, "v", only is null ? [dev, prod] : [only]))).Status);
        return $"{Path}/{name}";
    }
}
