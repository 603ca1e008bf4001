using System.Security.Cryptography;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Encryption;

/// <summary>A data directory and its master key belong together.</summary>
public class KeysAtRestTests
{
    private const string Key = "/v1/workspace/acme/project/shop/secret/KEY?environmentId=dev";

    [Fact]
    public async Task All_keys_open_again_after_a_restart()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var (_, token, machine) = await gateway.Machine();
        var jwt = machine.Token!;
        var jwks = (await gateway.Anonymous.Get("/.well-known/jwks.json")).Body;
        await gateway.Restart();
        Assert.Equal("shop-dev", await Value(gateway.Bearer(jwt)));
        Assert.Equal("shop-dev", await Value(gateway.Bearer(await gateway.Exchange(token))));
        Assert.Equal(jwks, (await gateway.Anonymous.Get("/.well-known/jwks.json")).Body);
    }

    [Fact]
    public async Task A_copied_directory_does_not_open_without_its_key_or_with_another()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        await gateway.Close();
        var id = MasterKey.Load(gateway.Config.Encryption.MasterKey).Id;
        var keyPath = gateway.Config.Encryption.MasterKey.Value;
        var right = File.ReadAllText(keyPath);
        var before = await Files(gateway.DataDirectory, keyPath);

        File.Delete(keyPath);
        var error = await Assert.ThrowsAsync<MasterKeyException>(gateway.Open);
        Assert.StartsWith("the master key cannot be read: ", error.Message, StringComparison.Ordinal);

        WriteKey(keyPath, MasterKey.NewText());
        var other = MasterKey.Load(gateway.Config.Encryption.MasterKey).Id;
        error = await Assert.ThrowsAsync<MasterKeyException>(gateway.Open);
        Assert.Equal($"this database is sealed under the master key with id {id}, but the one given has id {other}. Give the right key; nothing was changed.", error.Message);
        Assert.Equal(before, await Files(gateway.DataDirectory, keyPath));

        WriteKey(keyPath, right);
        await gateway.Open();
        Assert.Equal(200, (await gateway.Anonymous.Get("/readyz")).Status);
    }

    /// <summary>Whoever can write the file but has no key: gives the row the id of a key of theirs.</summary>
    [Fact]
    public async Task A_forged_key_id_does_not_help()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        await gateway.Close();
        var keyPath = gateway.Config.Encryption.MasterKey.Value;
        var right = File.ReadAllText(keyPath);
        var id = MasterKey.Load(gateway.Config.Encryption.MasterKey).Id;
        WriteKey(keyPath, MasterKey.NewText());
        Alter(gateway, $"UPDATE key_encryption_key SET master_key_id = '{MasterKey.Load(gateway.Config.Encryption.MasterKey).Id}'");
        Assert.Contains("was altered", (await Assert.ThrowsAsync<MasterKeyException>(gateway.Open)).Message, StringComparison.Ordinal);
        WriteKey(keyPath, right);
        Alter(gateway, $"UPDATE key_encryption_key SET master_key_id = '{id}'");
        await gateway.Open();
    }

    /// <summary>Each way in which someone who can write the file might make the gateway show a value where it does not belong.</summary>
    [Theory]
    [InlineData("UPDATE secret_value SET sealed = (SELECT sealed FROM secret_value v JOIN secret s ON s.id = v.secret_id WHERE s.name = 'HIDDEN'), version = 1 WHERE {KEY}")]
    [InlineData("UPDATE secret_value SET sealed = (SELECT v.sealed FROM secret_value v WHERE v.secret_id = secret_value.secret_id AND v.environment_id <> secret_value.environment_id), key_id = (SELECT v.key_id FROM secret_value v WHERE v.secret_id = secret_value.secret_id AND v.environment_id <> secret_value.environment_id) WHERE {KEY}")]
    [InlineData("UPDATE secret_value SET version = version + 1 WHERE {KEY}")]
    [InlineData("UPDATE secret_value SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || x'00' AS BLOB) WHERE {KEY}")]
    [InlineData("UPDATE secret_value SET key_id = (SELECT k.id FROM environment_key k WHERE k.environment_id <> secret_value.environment_id LIMIT 1) WHERE {KEY}")]
    [InlineData("PRAGMA foreign_keys = OFF; UPDATE secret_value SET key_id = 'x' WHERE {KEY}")]
    public async Task A_value_moved_or_altered_in_the_file_does_not_open(string sql)
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/acme/project/shop/secret", Json.Secret("HIDDEN", "hidden-value", [acme.ShopDev]))).Status);
        var (_, _, machine) = await gateway.Machine();
        await gateway.Close();
        Alter(gateway, sql.Replace("{KEY}", $"environment_id = '{acme.ShopDev}' AND secret_id = (SELECT s.id FROM secret s WHERE s.name = 'KEY' AND s.project_id = '{acme.Shop}')", StringComparison.Ordinal));
        await gateway.Open();
        var answer = await gateway.Bearer(machine.Token!).Get(Key);
        Assert.Equal(500, answer.Status);
        Assert.Equal("value_unreadable", answer.Code);
        var entry = AuditTail.Of(gateway, answer);
        Assert.Equal(("denied", "value_unreadable", acme.ShopDev), ((string?)entry["outcome"], (string?)entry["reason"], (string?)entry["data"]!["unreadableIn"]));
        var key = (string)entry["data"]!["environmentKey"]!;
        Assert.Contains($"encryption: a value of environment {acme.ShopDev} under environment key {key} cannot be opened", gateway.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-value", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("shop-prod", answer.Body, StringComparison.Ordinal);
    }

    /// <summary>What is damaged in another environment is no matter of who asks for this one.</summary>
    [Fact]
    public async Task A_damaged_value_takes_no_other_with_it()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var (_, _, machine) = await gateway.Machine();
        await gateway.Close();
        Alter(gateway, $"PRAGMA foreign_keys = OFF; UPDATE secret_value SET key_id = 'x' WHERE environment_id = '{acme.ShopProd}'");
        await gateway.Open();
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal("shop-dev", await Value(gateway.Bearer(machine.Token!)));
        }
    }

    [Fact]
    public async Task A_token_under_an_older_digest_key_still_exchanges_and_new_ones_are_made_under_the_current_key()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var (_, old, _) = await gateway.Machine();
        await gateway.Close();
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        using (var database = Database.Open(gateway.DataDirectory))
        {
            var master = MasterKey.Load(gateway.Config.Encryption.MasterKey);
            await database.Writer.Change<Done>(transaction =>
            {
                var (id, key) = (Keyring.NewKeyId(gateway.Clock), RandomNumberGenerator.GetBytes(Seal.KeySize));
                var (kek, wrapped) = Keyring.Open(transaction, master, gateway.Clock).Wrap(key, $"digest-key/{id}");
                transaction.Sql.Execute("UPDATE digest_key SET state = 'retired'");
                transaction.Sql.Execute(
                    "INSERT INTO digest_key (id, kek_id, wrapped, state, created_at) VALUES (?1, ?2, ?3, 'current', ?4)", id, kek, wrapped, gateway.Clock.GetUtcNow());
                return Done.Value;
            });
        }

        await gateway.Open();
        Assert.Equal("shop-dev", await Value(gateway.Bearer(await gateway.Exchange(old))));
        var (_, _, machine) = await gateway.Machine();
        Assert.Equal("shop-dev", await Value(machine));
        await gateway.Close();
        using var sql = Database.OpenReader(Path.Combine(gateway.DataDirectory, Database.FileName));
        Assert.Equal(["retired", "current"], sql.Query("SELECT k.state FROM credential c JOIN digest_key k ON k.id = c.digest_key_id ORDER BY c.created_at, c.id", row => row.GetString(0)));
        await gateway.Open();
    }

    private static async Task<string> Value(Api api)
    {
        var answer = await api.Get(Key);
        Assert.True(answer.Status == 200, answer.Body);
        return answer.Json["values"]![0]!["value"]!.GetValue<string>();
    }

    private static void WriteKey(string path, string text)
    {
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static void Alter(TestGateway gateway, string sql) => TestStore.Tamper(Path.Combine(gateway.DataDirectory, Database.FileName), sql);

    private static async Task<Dictionary<string, string>> Files(string directory, string but)
    {
        var files = new Dictionary<string, string>();
        foreach (var path in Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Where(path => path != but && !path.EndsWith(".lock", StringComparison.Ordinal)))
        {
            files[path] = Convert.ToBase64String(SHA256.HashData(await File.ReadAllBytesAsync(path)));
        }

        return files;
    }
}
