using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>The table of credentials with ten thousand of them: what a page costs is reported, what it holds is asserted.</summary>
public class CredentialVolumeTests(ITestOutputHelper output)
{
    private const int Many = 10_000;

    [Fact]
    public async Task Ten_thousand_are_shown_a_hundred_at_a_time()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var owner = await gateway.People.Owner();
        await Seed(gateway);
        var browser = await PageBrowser.Of(gateway, owner.Email);
        foreach (var (what, path, rows, text) in new[]
        {
            ("first page", "/w/acme/credentials", 100, "1–100 of 10,000 credentials"), ("last page", "/w/acme/credentials?page=100", 100, "9,901–10,000 of 10,000 credentials"),
            ("beyond", "/w/acme/credentials?page=101", 100, "9,901–10,000"), ("one by name", "/w/acme/credentials?text=service-07777", 1, "1 credential"),
            ("many by name", "/w/acme/credentials?text=service-0", 100, "1–100 of 10,000 credentials"), ("overview", "/w/acme/overview", 0, "10,000"),
        })
        {
            var took = new List<double>();
            for (var i = 0; i < 9; i++)
            {
                var began = TimeProvider.System.GetTimestamp();
                await browser.Get(path);
                took.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
            }

            took.Sort();
            output.WriteLine($"{what}: p50 {took[4]:F1} ms, {browser.Page.Body.Length / 1024} KiB");
            Assert.Equal(rows, CredentialsPageTests.Rows(browser.Page.Body).Count);
            Assert.Contains(text, browser.Text, StringComparison.Ordinal);
            Assert.InRange(browser.Page.Body.Length, 1000, 256 * 1024);
        }
    }

    private static async Task Seed(TestGateway gateway)
    {
        await gateway.Close();
        using (var database = Database.Open(gateway.DataDirectory))
        {
            var tree = database.Structure.Find("acme")!;
            await database.Writer.Change<Done>(transaction =>
            {
                for (var i = 0; i < Many; i++)
                {
                    var now = gateway.Clock.GetUtcNow().AddMinutes(-i);
                    transaction.Sql.Execute(
                        """
                        INSERT INTO credential (id, workspace_id, created_by, type, name, permission, scope, version, prefix, lifetime, created_at, expires_at)
                        VALUES (?1, ?2, ?3, 'static', ?4, 'read', ?5, 1, 'ek_live_Abcd', '30d', ?6, ?7)
                        """,
                        Ids.New(gateway.Clock), tree.Id, tree.Workspace.OwnerId, $"service-{i:D5}", Scope.Everything.ToJson(), now, Lifetime.From(now, "30d"));
                }

                return Done.Value;
            });
        }

        await gateway.Open();
    }
}
