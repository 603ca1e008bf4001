using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Storage;

/// <summary>What a clean stop leaves behind.</summary>
public sealed class ClosedDatabaseTests
{
    [Fact]
    public async Task After_a_clean_stop_gateway_db_is_the_whole_database()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        Assert.Equal(200, (await gateway.Anonymous.Get("/readyz")).Status); // opens a connection that reads

        await gateway.Close();

        var files = Directory.GetFiles(gateway.DataDirectory, Database.FileName + "*").Select(Path.GetFileName);
        Assert.Equal([Database.FileName], files);

        await gateway.Open();
    }
}
