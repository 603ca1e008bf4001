using System.Security.Cryptography;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.Encryption.Rotation;
using Enkryptify.Gateway.Tests.Storage;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Enkryptify.Gateway.Tests.Audit;

/// <summary>Audit keys hand over to each other, and a key kept outside the database is what the check rests on.</summary>
public class AuditKeyRotationTests
{
    [Fact]
    public async Task Any_key_of_the_line_vouches_for_all_of_it()
    {
        await using var log = await RotatedLog.Make(3);
        Assert.Empty(log.Verify());
        Assert.All(log.Keys, key => Assert.Empty(log.Verify(key)));
        Assert.Equal(4, new AnchorFile(log.Directory).Lines.Select(line => Checkpoint.Parse(line)!.KeyId).Distinct().Count());
        Assert.Equal(1, log.Number("SELECT count(*) FROM signing_key WHERE purpose = 'audit' AND wrapped IS NOT NULL"));
    }

    [Fact]
    public async Task A_key_from_elsewhere_vouches_for_nothing()
    {
        await using var log = await RotatedLog.Make(1);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Contains("none of the keys given is an audit key of this database", log.Verify(other.ExportSubjectPublicKeyInfo()));
    }

    /// <summary>Somebody who can write everything rewrites log, checkpoints and keys: only a key kept elsewhere shows it.</summary>
    [Fact]
    public async Task Keys_that_were_replaced_with_the_log_are_found_by_a_key_kept_elsewhere()
    {
        await using var log = await RotatedLog.Make(1);
        var kept = log.Keys[0];
        using var forger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        log.Tamper("DELETE FROM signing_key WHERE purpose = 'audit' AND handover IS NOT NULL");
        log.Tamper("UPDATE signing_key SET public_key = $k, state = 'current' WHERE purpose = 'audit'", ("$k", forger.ExportSubjectPublicKeyInfo()));
        log.Resign(forger);
        Assert.Empty(log.Verify());
        Assert.NotEmpty(log.Verify(kept));
    }

    /// <summary>A key that nobody handed over to.</summary>
    [Fact]
    public async Task A_key_slipped_in_is_found()
    {
        await using var log = await RotatedLog.Make(1);
        log.Tamper("UPDATE signing_key SET handover = NULL WHERE purpose = 'audit'");
        Assert.NotEmpty(log.Verify());
        Assert.NotEmpty(log.Verify(log.Keys[0]));
    }

    [Theory]
    [InlineData("oldSig")]
    [InlineData("newKey")]
    [InlineData("seq")]
    public async Task A_hand_over_that_was_altered_leads_nowhere(string member)
    {
        await using var log = await RotatedLog.Make(1);
        var handOver = System.Text.Json.Nodes.JsonNode.Parse(log.HandOvers.Single())!;
        if (member == "seq")
        {
            handOver["seq"] = (long)handOver["seq"]! + 1000;
        }
        else
        {
            var bytes = Convert.FromBase64String((string)handOver[member]!);
            bytes[^1] ^= 1;
            handOver[member] = Convert.ToBase64String(bytes);
        }

        log.Tamper("UPDATE signing_key SET handover = $h WHERE handover IS NOT NULL", ("$h", handOver.ToJsonString()));
        Assert.NotEmpty(log.Verify(log.Keys[0]));
    }

    /// <summary>A stolen old key vouches for nothing behind its hand-over.</summary>
    [Fact]
    public async Task The_old_key_signs_nothing_behind_its_end()
    {
        using var old = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var one = new SigningKey("old", old.ExportSubjectPublicKeyInfo(), old.ExportPkcs8PrivateKey());
        using var other = new SigningKey("new", made.ExportSubjectPublicKeyInfo(), made.ExportPkcs8PrivateKey());
        using var store = TestStore.Open();
        var now = store.Clock.GetUtcNow();
        await store.Writer.Change<Done>(transaction =>
        {
            transaction.Sql.Execute("INSERT INTO signing_key (kid, purpose, public_key, state, created_at) VALUES ('old', 'audit', ?1, 'retired', 1)", one.PublicKey);
            transaction.Sql.Execute(
                "INSERT INTO signing_key (kid, purpose, public_key, state, created_at, handover) VALUES ('new', 'audit', ?1, 'current', 2, ?2)",
                other.PublicKey, HandOver.Sign(one, other, 7, now).ToLine());
            return Done.Value;
        });
        var problems = new List<string>();
        var keys = store.Database.Readers.Read(sql => AuditKeys.Load(AuditKeys.Rows(sql), [], problems));
        Assert.Empty(problems);
        Assert.Null(keys.Problem(Checkpoint.Sign(new ChainHead(7, new byte[32]), now, "old", old)));
        Assert.Contains("replaced at entry 7", keys.Problem(Checkpoint.Sign(new ChainHead(8, new byte[32]), now, "old", old)), StringComparison.Ordinal);
        Assert.Null(keys.Problem(Checkpoint.Sign(new ChainHead(8, new byte[32]), now, "new", made)));
    }

    [Fact]
    public void A_public_key_is_read_in_each_form_that_people_keep()
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = ecdsa.ExportSubjectPublicKeyInfo();
        var base64 = Convert.ToBase64String(key);
        foreach (var text in new[] { base64, Convert.ToHexString(key), Convert.ToHexStringLower(key), $"audit public key  0197 {base64}\n", $"# kept in the safe\n{base64}\n\n", ecdsa.ExportSubjectPublicKeyInfoPem() })
        {
            Assert.Equal(key, Assert.Single(PublicKeyText.Parse(text)!));
        }

        Assert.Equal(2, PublicKeyText.Parse($"{base64}\n{base64}")!.Count);
        foreach (var text in new[] { "", "nonsense", base64[..40], Convert.ToHexString(key)[2..], $"{base64}\nnonsense" })
        {
            Assert.Null(PublicKeyText.Parse(text));
        }
    }

    /// <summary>A closed data directory whose audit key was rotated, with checkpoints before, between and after.</summary>
    private sealed class RotatedLog : IAsyncDisposable
    {
        private readonly TestGateway gateway;

        private RotatedLog(TestGateway gateway) => this.gateway = gateway;

        public string Directory => gateway.DataDirectory;

        public List<byte[]> Keys { get; } = [];

        public static async Task<RotatedLog> Make(int rotations)
        {
            var (gateway, _) = await TestGateway.StartWithAcme();
            await gateway.Close();
            var log = new RotatedLog(gateway);
            using var bench = new KeyBench(gateway);
            var anchors = new AnchorLoop(bench.Database.Writer, bench.Database.Chain, new AnchorFile(gateway.DataDirectory), bench.Keys.Signing, gateway.Clock, NullLogger<AnchorLoop>.Instance);
            await bench.Database.Writer.Append(TestStore.Entry("before"));
            await anchors.AnchorNowAsync();
            log.Keys.Add(bench.Keys.Signing.Audit.PublicKey);
            for (var i = 0; i < rotations; i++)
            {
                await bench.Rotate((begin, transaction) =>
                {
                    transaction.Audit(TestStore.Entry("rotated"));
                    return begin.Audit(transaction);
                });
                await anchors.AnchorNowAsync();
                log.Keys.Add(bench.Keys.Signing.Audit.PublicKey);
            }

            return log;
        }

        public IReadOnlyList<string> HandOvers
        {
            get
            {
                using var sql = Database.OpenReader(Path.Combine(Directory, Database.FileName));
                return sql.Query("SELECT handover FROM signing_key WHERE handover IS NOT NULL", row => row.GetString(0));
            }
        }

        public long Number(string query)
        {
            using var sql = Database.OpenReader(Path.Combine(Directory, Database.FileName));
            return sql.Number(query)!.Value;
        }

        public IReadOnlyList<string> Verify(params byte[][] given) => ChainVerifier.Verify(Directory, given).Problems;

        public void Tamper(string sql, params (string Name, object Value)[] arguments) => TestStore.Tamper(Path.Combine(Directory, Database.FileName), sql, arguments);

        /// <summary>All checkpoints anew, by a key of the forger's under the id of the key in the database.</summary>
        public void Resign(ECDsa key)
        {
            using var sql = Database.OpenReader(Path.Combine(Directory, Database.FileName));
            var id = sql.First("SELECT kid FROM signing_key WHERE purpose = 'audit'", row => row.GetString(0))!;
            var path = Path.Combine(Directory, AnchorFile.FileName);
            File.WriteAllLines(path, [.. File.ReadAllLines(path).Select(line => Checkpoint.Parse(line)!).Select(checkpoint =>
                Checkpoint.Sign(new ChainHead(checkpoint.Sequence, Convert.FromBase64String(checkpoint.Digest)), gateway.Clock.GetUtcNow(), id, key).ToLine())]);
        }

        public async ValueTask DisposeAsync()
        {
            // Its gateway is closed, and what was tampered with is not to be opened again.
            await Task.CompletedTask;
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }
}
