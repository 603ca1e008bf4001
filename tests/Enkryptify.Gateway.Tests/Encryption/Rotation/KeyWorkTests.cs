using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Encryption.Rotation;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Encryption.Rotation;

/// <summary>A rotation that ends after any of its steps, in the order of its transactions, leaves a whole database and is finished by the next process.</summary>
public class KeyWorkTests
{
    [Theory]
    [InlineData("environment")]
    [InlineData("kek")]
    public async Task Wherever_it_stops_everything_opens_and_the_next_process_finishes_it(string kind)
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/acme/issuer", Json.Of(
            ("name", "private"), ("url", "https://issuer.test"), ("discovery", true), ("bearerToken", "reader")))).Status);
        var (_, token, _) = await gateway.Machine();
        await gateway.Close();
        using (var bench = new KeyBench(gateway))
        {
            await bench.Put(acme.ShopDev, acme.Shop, 100);
            var steps = int.MaxValue;
            for (var stop = 0; stop <= steps; stop++)
            {
                var (old, made) = await bench.Rotate((begin, transaction) => kind == "kek" ? begin.Kek(transaction) : KeyBench.Environment(begin, transaction, acme.ShopDev));
                var before = await bench.Step(stop);
                bench.Reopen();
                bench.EverythingOpens();
                var after = await bench.Step();
                bench.Reopen();
                bench.EverythingOpens();
                Assert.Equal("0", bench.Text($"SELECT count(*) FROM secret_value WHERE key_id = '{old}'"));
                Assert.All(SealedColumn.All, column => Assert.Equal("0", bench.Text($"SELECT count(*) FROM {column.Table} WHERE kek_id = '{old}' AND length({column.Box}) > 0")));
                Assert.Equal("0|1", bench.Text($"SELECT length(wrapped) || '|' || (destroyed_at IS NOT NULL) FROM {Table(kind)} WHERE id = '{old}'"));
                Assert.Equal("current", bench.Text($"SELECT state FROM {Table(kind)} WHERE id = '{made}'"));
                if (stop == 0)
                {
                    // The first, undisturbed: the others stop once behind each of its steps.
                    steps = after;
                    Assert.True(steps >= 4, $"{steps} steps");
                }
                else
                {
                    Assert.Equal(stop, before);
                }
            }
        }

        await gateway.Open();
        Assert.Equal(200, (await gateway.Bearer(await gateway.Exchange(token)).Get("/v1/workspace/acme/project/shop/secret/KEY?environmentId=dev")).Status);
    }

    /// <summary>A column that the list forgets would be wrapped by a key that is gone.</summary>
    [Fact]
    public async Task Every_column_that_a_key_encryption_key_wraps_is_listed()
    {
        await using var gateway = await TestGateway.Start();
        using var sql = Database.OpenReader(Path.Combine(gateway.DataDirectory, Database.FileName));
        var tables = sql.Query("SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'kek_id' ORDER BY m.name", row => row.GetString(0));
        Assert.Equal(tables, SealedColumn.All.Select(column => column.Table).Order(StringComparer.Ordinal));
        foreach (var column in SealedColumn.All)
        {
            Assert.Equal(
                [column.Box],
                sql.Query("SELECT name FROM pragma_table_info(?1) WHERE type = 'BLOB' AND name <> 'public_key'", row => row.GetString(0), column.Table));
        }
    }

    [Fact]
    public async Task A_value_that_does_not_open_keeps_its_old_key_and_holds_up_no_other()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        await gateway.Close();
        using (var bench = new KeyBench(gateway))
        {
            await bench.Put(acme.ShopDev, acme.Shop, 40);
            bench.Tamper("UPDATE secret_value SET version = 9 WHERE secret_id = (SELECT id FROM secret WHERE name = 'BULK_7')");
            var (old, _) = await bench.Rotate((begin, transaction) => KeyBench.Environment(begin, transaction, acme.ShopDev));
            await bench.Step();
            await bench.Step();
            Assert.Equal("1", bench.Text($"SELECT count(*) FROM secret_value WHERE key_id = '{old}'"));
            Assert.Contains("1 values of environment", bench.Work.Problems[old], StringComparison.Ordinal);
            Assert.Equal("1", bench.Text($"SELECT length(wrapped) > 0 FROM environment_key WHERE id = '{old}'"));

            bench.Tamper("DELETE FROM secret WHERE name = 'BULK_7'");
            await bench.Step();
            Assert.Empty(bench.Work.Problems);
            Assert.Equal("0", bench.Text($"SELECT length(wrapped) FROM environment_key WHERE id = '{old}'"));
            bench.EverythingOpens();
        }

        await gateway.Open();
    }

    [Fact]
    public async Task A_wrapped_key_that_does_not_open_keeps_the_old_key_encryption_key()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        await gateway.Close();
        using (var bench = new KeyBench(gateway))
        {
            bench.Tamper($"UPDATE environment_key SET wrapped = CAST(substr(wrapped, 1, length(wrapped) - 1) || x'00' AS BLOB) WHERE environment_id = '{acme.BankProd}'");
            var (old, _) = await bench.Rotate((begin, transaction) => begin.Kek(transaction));
            await bench.Step();
            Assert.NotEmpty(bench.Work.Problems[old]);
            Assert.Equal("1", bench.Text($"SELECT length(wrapped) > 0 FROM key_encryption_key WHERE id = '{old}'"));
            Assert.Equal("1", bench.Text($"SELECT count(*) FROM environment_key WHERE kek_id = '{old}'"));
            Assert.Equal(KeyBegin.InProgress, (await bench.Database.Writer.Change(transaction => bench.Begin.Kek(transaction))).Refusal);
        }

        await gateway.Open();
    }

    [Fact]
    public async Task A_digest_key_ends_with_its_last_live_token()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        var (revoked, _, _) = await gateway.Machine();
        var (rotated, _, _) = await gateway.Machine();
        await gateway.Machine(expiresIn: "24h");
        await gateway.Close();
        using (var bench = new KeyBench(gateway))
        {
            var (old, _) = await bench.Rotate((begin, transaction) => begin.Digest(transaction));
            Assert.Equal(0, await bench.Step());
            bench.Tamper($"UPDATE credential SET revoked_at = 1 WHERE id = '{revoked}'");
            Assert.Equal(0, await bench.Step());
            bench.Tamper($"UPDATE credential SET digest_key_id = (SELECT id FROM digest_key WHERE state = 'current') WHERE id = '{rotated}'");
            Assert.Equal(0, await bench.Step());
            gateway.Clock.Advance(TimeSpan.FromHours(23));
            Assert.Equal(0, await bench.Step());
            gateway.Clock.Advance(TimeSpan.FromHours(1));
            Assert.Equal(1, await bench.Step());
            Assert.Equal("0", bench.Text($"SELECT length(wrapped) FROM digest_key WHERE id = '{old}'"));
            Assert.Single(bench.Keys.Digests.Digests(new Sensitive("x")));
        }

        await gateway.Open();
    }

    [Fact]
    public async Task Digest_keys_that_live_at_once_are_bounded()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        await gateway.Close();
        using (var bench = new KeyBench(gateway))
        {
            for (var i = 1; i < KeyBegin.MostDigestKeys; i++)
            {
                await bench.Rotate((begin, transaction) => begin.Digest(transaction));
            }

            Assert.Equal("too_many_digest_keys", (await bench.Database.Writer.Change(transaction => bench.Begin.Digest(transaction))).Refusal!.Code);
            Assert.Equal(KeyBegin.MostDigestKeys - 1, await bench.Step());
            await bench.Rotate((begin, transaction) => begin.Digest(transaction));
        }

        await gateway.Open();
    }

    /// <summary>The longest-lived JWT is a login's, of 8 hours.</summary>
    [Fact]
    public async Task A_previous_JWT_key_is_published_for_the_life_of_its_tokens_and_has_no_private_part()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        await gateway.Close();
        using (var bench = new KeyBench(gateway))
        {
            var next = bench.Text("SELECT kid FROM signing_key WHERE purpose = 'jwt' AND state = 'next'");
            var (old, made) = await bench.Rotate((begin, transaction) => begin.Signing(transaction));
            Assert.Equal(next, made);
            Assert.Equal(("previous", "1"), (bench.Text($"SELECT state FROM signing_key WHERE kid = '{old}'"), bench.Text($"SELECT wrapped IS NULL FROM signing_key WHERE kid = '{old}'")));
            gateway.Clock.Advance(TimeSpan.FromHours(8));
            Assert.Equal(0, await bench.Step());
            bench.Reopen();
            Assert.Contains(bench.Keys.Signing.Now.Published, key => key.Id == old);
            gateway.Clock.Advance(TimeSpan.FromMinutes(5));
            Assert.Equal(1, await bench.Step());
            Assert.DoesNotContain(bench.Keys.Signing.Now.Published, key => key.Id == old);
            Assert.Equal(2, bench.Keys.Signing.Now.Published.Count);
        }

        await gateway.Open();
    }

    /// <summary>The batch that retires a digest key may hold a new token's row too: the key that makes digests in memory is not destroyed under it.</summary>
    [Fact]
    public async Task A_key_still_in_use_in_memory_is_not_destroyed()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        await gateway.Close();
        using (var bench = new KeyBench(gateway))
        {
            var (digest, kek) = (bench.Keys.Digests.CurrentId, bench.Keys.Ring.CurrentKek);
            // Rows alone, as they stand in the middle of that batch.
            await bench.Database.Writer.Change<Done>(transaction =>
            {
                transaction.Sql.Execute("UPDATE digest_key SET state = 'retired'");
                transaction.Sql.Execute("UPDATE key_encryption_key SET state = 'retired'");
                return Done.Value;
            });
            await bench.Step();
            Assert.Equal("1", bench.Text($"SELECT length(wrapped) > 0 FROM digest_key WHERE id = '{digest}'"));
            Assert.Equal("1", bench.Text($"SELECT length(wrapped) > 0 FROM key_encryption_key WHERE id = '{kek}'"));
            await bench.Database.Writer.Change<Done>(transaction =>
            {
                transaction.Sql.Execute("UPDATE digest_key SET state = 'current'");
                transaction.Sql.Execute("UPDATE key_encryption_key SET state = 'current'");
                return Done.Value;
            });
        }

        await gateway.Open();
    }

    [Fact]
    public async Task The_offline_cache_opens_after_the_old_key_encryption_key_is_gone()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        await gateway.Close();
        using (var bench = new KeyBench(gateway))
        {
            bench.Offline.Put("issuer/1", "2/https://issuer.test", "kept"u8.ToArray(), gateway.Clock.GetUtcNow());
            await bench.Rotate((begin, transaction) => begin.Kek(transaction));
            await bench.Step();
            bench.Reopen();
            Assert.Equal("kept", Encoding.UTF8.GetString(bench.Offline.Get("issuer/1", "2/https://issuer.test")!.Value.Content));
        }

        await gateway.Open();
    }

    [Fact]
    public async Task The_master_key_changes_in_two_steps_and_a_start_accepts_either_in_between()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        await gateway.Close();
        var (right, other, third) = (gateway.Config.Encryption.MasterKey, NewMaster(gateway, "other.key"), NewMaster(gateway, "third.key"));
        using (var bench = new KeyBench(gateway))
        {
            Assert.Equal("no_rotation", (await bench.Database.Writer.Change(transaction => bench.Begin.FinishMaster(transaction))).Refusal!.Code);
            Assert.Equal("master_key_in_use", (await bench.Database.Writer.Change(transaction => bench.Begin.Master(transaction, MasterKey.Load(right)))).Refusal!.Code);

            // Thought better of: the second takes the place of the first.
            await bench.Rotate((begin, transaction) => begin.Master(transaction, MasterKey.Load(third)));
            await bench.Rotate((begin, transaction) => begin.Master(transaction, MasterKey.Load(other)));
            Assert.Equal("master_rotation_pending", (await bench.Database.Writer.Change(transaction => bench.Begin.Kek(transaction))).Refusal!.Code);
            Assert.Contains("id " + MasterKey.Load(third).Id, Assert.Throws<MasterKeyException>(() => bench.Reopen(third)).Message, StringComparison.Ordinal);

            bench.Reopen(right);
            bench.EverythingOpens();
            Assert.Equal("master_key_not_changed", (await bench.Database.Writer.Change(transaction => bench.Begin.FinishMaster(transaction))).Refusal!.Code);
            bench.Reopen(other);
            bench.EverythingOpens();
            Assert.Equal("master_rotation_pending", (await bench.Database.Writer.Change(transaction => bench.Begin.Master(transaction, MasterKey.Load(third)))).Refusal!.Code);
            Assert.Equal((MasterKey.Load(right).Id, MasterKey.Load(other).Id), await bench.Rotate((begin, transaction) => begin.FinishMaster(transaction)));
            Assert.Equal(
                $"this database is sealed under the master key with id {MasterKey.Load(other).Id}, but the one given has id {MasterKey.Load(right).Id}. Give the right key; nothing was changed.",
                Assert.Throws<MasterKeyException>(() => bench.Reopen(right)).Message);
            bench.Reopen(other);
            bench.EverythingOpens();

            // And back, for the gateway that is closed in the end.
            await bench.Rotate((begin, transaction) => begin.Master(transaction, MasterKey.Load(right)));
            bench.Reopen(right);
            await bench.Rotate((begin, transaction) => begin.FinishMaster(transaction));
        }

        await gateway.Open();
    }

    internal static SecretReference NewMaster(TestGateway gateway, string name)
    {
        var path = Path.Combine(gateway.DataDirectory, name);
        File.WriteAllText(path, MasterKey.NewText());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new SecretReference(SecretReferenceKind.File, path);
    }

    private static string Table(string kind) => kind == "kek" ? "key_encryption_key" : "environment_key";
}
