using System.Security.Cryptography;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Storage;

/// <summary>What the number of tokens does to the exchange: nothing that a look-up by index would not.</summary>
public class TokenVolumeTests(ITestOutputHelper output)
{
    private const int Few = 100;
    private const int Many = 100_000;
    private const int Picks = 2_000;

    [Fact]
    public async Task A_hundred_thousand_tokens_exchange_as_a_hundred_do()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var tokens = new List<string>();
        await Seed(gateway, tokens, Few);
        await Median(gateway, [.. Enumerable.Repeat(tokens[0], Picks)]); // so that the first measurement does not pay for what runs for the first time
        await gateway.Restart();
        var (fewFirst, fewAgain) = await Measure(gateway, tokens);
        await Seed(gateway, tokens, Many - Few);
        var (manyFirst, manyAgain) = await Measure(gateway, tokens);

        output.WriteLine($"p50 of an exchange over HTTP, {Few} tokens: first use {fewFirst.TotalMicroseconds:F0} us, again {fewAgain.TotalMicroseconds:F0} us");
        output.WriteLine($"p50 of an exchange over HTTP, {Many} tokens: first use {manyFirst.TotalMicroseconds:F0} us, again {manyAgain.TotalMicroseconds:F0} us");
        output.WriteLine($"ratio: first use {manyFirst / fewFirst:F2}, again {manyAgain / fewAgain:F2}");

        await gateway.Close();
        using var sql = Database.OpenReader(Path.Combine(gateway.DataDirectory, Database.FileName));
        Assert.Equal(Many, sql.Number("SELECT count(*) FROM credential"));
        foreach (var query in (string[])[CredentialRows.ByDigestQuery, CredentialRows.ByIdQuery])
        {
            var plan = sql.Query("EXPLAIN QUERY PLAN " + query, row => row.GetString(3), "");
            Assert.StartsWith("SEARCH credential USING ", Assert.Single(plan), StringComparison.Ordinal);
        }

        await gateway.Open();
    }

    /// <summary>Through the gateway's own writer, in one transaction.</summary>
    private static async Task Seed(TestGateway gateway, List<string> tokens, int count)
    {
        await gateway.Close();
        using (var database = Database.Open(gateway.DataDirectory))
        {
            var digests = Keys.Open(database, gateway.Config.Encryption, gateway.Clock).Digests;
            var tree = database.Structure.Find("acme")!;
            await database.Writer.Change<Done>(transaction =>
            {
                for (var i = 0; i < count; i++)
                {
                    var token = ApiToken.New();
                    var (keyId, digest) = digests.Current(token);
                    var now = gateway.Clock.GetUtcNow();
                    transaction.Sql.Execute(
                        """
                        INSERT INTO credential (id, workspace_id, created_by, type, name, permission, scope, version, digest, digest_key_id, prefix, lifetime, created_at, expires_at)
                        VALUES (?1, ?2, ?3, 'static', 'machine', 'read', ?4, 1, ?5, ?6, ?7, '30d', ?8, ?9)
                        """,
                        Ids.New(gateway.Clock), tree.Id, tree.Workspace.OwnerId, Scope.Everything.ToJson(), digest, keyId, ApiToken.Prefix(token), now, Lifetime.From(now, "30d"));
                    tokens.Add(token.Reveal());
                }

                return Done.Value;
            });
        }

        await gateway.Open();
    }

    /// <summary>The medians of exchanges of random tokens, each for the first time since the start where there are enough of them, and of the same ones again.</summary>
    private static async Task<(TimeSpan First, TimeSpan Again)> Measure(TestGateway gateway, List<string> tokens)
    {
        var shuffled = tokens.ToArray();
        RandomNumberGenerator.Shuffle<string>(shuffled);
        await gateway.Exchange(shuffled[^1]);
        var picks = shuffled[..Math.Min(Picks, shuffled.Length - 1)];
        return (await Median(gateway, picks), await Median(gateway, [.. Enumerable.Range(0, Picks).Select(i => picks[i % Math.Min(picks.Length, Few - 1)])]));
    }

    private static async Task<TimeSpan> Median(TestGateway gateway, string[] tokens)
    {
        var took = new List<TimeSpan>(tokens.Length);
        foreach (var token in tokens)
        {
            var began = TimeProvider.System.GetTimestamp();
            var jwt = await gateway.Exchange(token);
            took.Add(TimeProvider.System.GetElapsedTime(began));
            Assert.Equal(2, jwt.Count(c => c == '.'));
        }

        took.Sort();
        return took[took.Count / 2];
    }
}
