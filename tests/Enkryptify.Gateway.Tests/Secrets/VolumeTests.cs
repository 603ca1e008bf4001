using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Secrets;

public class VolumeTests
{
    private const string Secrets = "/v1/workspace/acme/project/site/secret";

    [Fact]
    public async Task Ten_thousand_secrets_of_an_environment_are_in_one_answer()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        var (_, _, machine) = await gateway.Machine();
        for (var part = 0; part < 4; part++)
        {
            var entries = Enumerable.Range(part * 2500, 2500).Select(i => Json.Of(("key", $"S{i:D5}"), ("value", $"value of {i}\nin two lines")));
            var stored = await machine.Post(Secrets, Json.Of(("environments", Json.List(acme.SiteDev)), ("secrets", Json.List([.. entries]))));
            Assert.True(stored.Status == 201, stored.Body);
        }

        var list = (await machine.Get($"{Secrets}?environmentId={acme.SiteDev}")).Json.AsArray();
        Assert.Equal(10_001, list.Count);
        Assert.Equal("KEY", (string)list[0]!["name"]!);
        for (var i = 0; i < 10_000; i++)
        {
            var secret = list[i + 1]!;
            Assert.Equal($"S{i:D5}", (string)secret["name"]!);
            var value = Assert.Single(secret["values"]!.AsArray())!;
            Assert.Equal((acme.SiteDev, $"value of {i}\nin two lines"), ((string)value["environmentId"]!, (string)value["value"]!));
        }

        Assert.Equal(10_001, (int)AuditTail.Entries(gateway)[^1]["data"]!["count"]!);
    }
}
