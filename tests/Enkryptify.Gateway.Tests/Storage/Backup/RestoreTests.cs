using System.Text;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Storage.Backup;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Storage.Backup;

/// <summary>Putting a backup in a store's place: what is refused, what is kept, and who is let in afterwards.</summary>
public sealed class RestoreTests : IAsyncLifetime
{
    private const string Secret = "/v1/workspace/acme/project/shop/secret/KEY?environmentId=dev";
    private readonly Backing backing = new();
    private TestGateway gateway = null!;
    private Acme acme = null!;

    public async ValueTask InitializeAsync() => (gateway, acme) = await TestGateway.StartWithAcme();

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        backing.Dispose();
    }

    [Fact]
    public async Task A_store_that_is_served_is_never_replaced()
    {
        await backing.Made(gateway);
        var error = Assert.Throws<StorageException>(() => backing.Restore(gateway, gateway.DataDirectory, replace: true, newer: true));
        Assert.Contains("in use by another gateway", error.Message, StringComparison.Ordinal);
        Assert.Equal(200, (await (await gateway.Machine()).Api.Get(Secret)).Status);
        AssertNothingBeside();
    }

    [Fact]
    public async Task A_newer_store_is_replaced_only_by_who_says_that_it_is_newer_and_is_kept_aside()
    {
        await backing.Made(gateway);
        Assert.Equal(200, (await gateway.Operator.Put("/v1/workspace/acme/project/shop/secret/KEY", Changed("later"))).Status);
        await gateway.Close();
        var before = Bytes(gateway.DataDirectory);

        foreach (var replace in new[] { false, true })
        {
            var error = Assert.Throws<BackupException>(() => backing.Restore(gateway, gateway.DataDirectory, replace));
            Assert.Equal("newer_store", error.Reason);
            Assert.Matches("is newer: its audit log has [0-9]+ entries, the backup's [0-9]+", error.Message);
        }

        Assert.Equal(before, Bytes(gateway.DataDirectory));
        AssertNothingBeside();

        var restored = backing.Restore(gateway, gateway.DataDirectory, newer: true);
        Assert.Equal(gateway.DataDirectory + ".before-restore-20260601T120000Z", restored.KeptAside);
        Assert.Equal(before, Bytes(restored.KeptAside!));
        await gateway.Open();
        Assert.Equal("shop-dev", await Value());
        await gateway.Close();

        // The key file went along with the restore: it is no part of a store.
        var key = await File.ReadAllTextAsync(gateway.Config.Encryption.MasterKey.Value, TestContext.Current.CancellationToken);
        Directory.Delete(gateway.DataDirectory, recursive: true);
        Directory.Move(restored.KeptAside!, gateway.DataDirectory);
        PrivateFile.Write(gateway.Config.Encryption.MasterKey.Value, key);
        await gateway.Open();
        Assert.Equal("later", await Value());
    }

    [Fact]
    public async Task A_store_of_the_backups_own_time_needs_replace_and_what_is_not_of_the_store_stays()
    {
        var own = Path.Combine(gateway.DataDirectory, "backups");
        await gateway.Close();
        using (var database = Database.Open(gateway.DataDirectory))
        {
            // Nothing is written between this backup and its restore.
            Directory.CreateDirectory(own);
            BackupFile.Make(gateway.DataDirectory, backing.File, BackupOrigin.Operator, BackupKey.Of(Backing.Master(gateway)), Guid.AllBitsSet, gateway.Clock, new BackupProgress(), CancellationToken.None);
        }

        File.WriteAllText(Path.Combine(own, "mine.ekbackup"), "kept");
        Assert.Equal("store_exists", Assert.Throws<BackupException>(() => backing.Restore(gateway, gateway.DataDirectory)).Reason);
        var restored = backing.Restore(gateway, gateway.DataDirectory, replace: true);
        Assert.Equal("kept", File.ReadAllText(Path.Combine(own, "mine.ekbackup")));
        Assert.Equal([AnchorFile.FileName, Database.FileName, "gateway.lock"], Directory.GetFiles(restored.KeptAside!).Select(path => Path.GetFileName(path)!).Where(name => !name.StartsWith("offline", StringComparison.Ordinal) && !name.StartsWith("gateway.db-", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        await gateway.Open();
        Assert.Equal("shop-dev", await Value());
        Directory.Delete(restored.KeptAside!, recursive: true);
    }

    [Fact]
    public async Task Another_store_and_one_that_cannot_be_read_need_the_stronger_word()
    {
        await backing.Made(gateway);
        var (other, _) = await TestGateway.StartWithAcme();
        await other.Close();
        var error = Assert.Throws<BackupException>(() => backing.Restore(gateway, other.DataDirectory, replace: true));
        Assert.Contains("is another one (id ", error.Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(other.DataDirectory, Database.FileName), "torn");
        Assert.Contains("cannot be read", Assert.Throws<BackupException>(() => backing.Restore(gateway, other.DataDirectory, replace: true)).Message, StringComparison.Ordinal);
        var restored = backing.Restore(gateway, other.DataDirectory, newer: true);
        Assert.Equal("torn", File.ReadAllText(Path.Combine(restored.KeptAside!, Database.FileName)));
        Directory.Delete(restored.KeptAside!, recursive: true);
        Directory.Delete(other.DataDirectory, recursive: true);
    }

    /// <summary>Short-lived proofs of the time after the backup must not fit again, and long-lived ones are told of.</summary>
    [Fact]
    public async Task Sessions_and_JWTs_end_and_credentials_are_as_they_were_then()
    {
        gateway.PasswordCost = 1_000;
        var person = await gateway.People.Join("developer");
        var (kept, keptToken, keptJwt) = await gateway.Machine();
        var (revoked, revokedToken, _) = await gateway.Machine();
        await backing.Made(gateway);
        Assert.Equal(200, (await gateway.Operator.Delete($"/v1/workspace/acme/tokens/{revoked}")).Status);
        Assert.Equal(200, (await gateway.Operator.Post($"/v1/workspace/acme/tokens/{kept}/rotate")).Status);
        Assert.Equal(401, (await keptJwt.Get(Secret)).Status);

        var restored = backing.Restore(gateway, backing.In("elsewhere"));
        Assert.Equal((2L, (long?)null), (restored.Credentials, restored.Revoked));
        await gateway.Restart(config => config with { Storage = config.Storage with { DataDirectory = backing.In("elsewhere") } });
        Assert.Equal(401, (await gateway.Bearer(keptJwt.Token!).Get(Secret)).Status);
        Assert.Equal(401, (await gateway.Bearer(person.Api.Token!).Get("/v1/me")).Status);
        Assert.Equal(200, (await gateway.Bearer(await gateway.Exchange(keptToken)).Get(Secret)).Status);
        Assert.Equal(200, (await gateway.Bearer(await gateway.Exchange(revokedToken)).Get(Secret)).Status);
        await Back();
    }

    [Fact]
    public async Task Credentials_and_invitations_are_revoked_when_that_is_asked_for_and_the_audit_log_says_so()
    {
        var (_, token, _) = await gateway.Machine();
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/acme/rbac", Json.Of(("email", "new@acme.test"), ("role", "admin"), ("scope", Json.Everything)))).Status);
        await backing.Made(gateway);
        var restored = backing.Restore(gateway, backing.In("elsewhere"), revoke: true);
        Assert.Equal((0L, (long?)1L), (restored.Credentials, restored.Revoked));
        await gateway.Restart(config => config with { Storage = config.Storage with { DataDirectory = backing.In("elsewhere") } });
        Assert.Equal(401, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
        Assert.DoesNotContain("new@acme.test", (await gateway.Operator.Get("/v1/workspace/acme/rbac")).Body, StringComparison.Ordinal);
        using (var sql = Database.OpenReader(Path.Combine(backing.In("elsewhere"), Database.FileName)))
        {
            var log = string.Concat(sql.Query("SELECT entries FROM audit_frame", row => Encoding.UTF8.GetString(row.Bytes(0))));
            Assert.Matches("\"action\":\"RESTORE\",\"target\":{\"kind\":\"store\"},\"outcome\":\"allowed\",\"data\":{\"backup\":\"[0-9a-f-]{36}\",\"takenAt\":\"2026-06-01T12:00:00Z\",\"entries\":[0-9]+,\"user\":[0-9]+,\"revokedCredentials\":1}", log);
        }

        Assert.Empty(ChainVerifier.Verify(backing.In("elsewhere")).Problems);
        await Back();
    }

    [Fact]
    public async Task A_wrong_key_is_told_by_its_id_and_leaves_nothing()
    {
        await backing.Made(gateway);
        var wrong = MasterKey.Of(new byte[32], "test");
        foreach (var act in new Action[]
        {
            () => BackupCheck.Run(backing.File, wrong, new BackupProgress(), CancellationToken.None),
            () => StoreRestore.Run(backing.File, wrong, backing.In("to"), new RestoreWishes(false, false, false, false), gateway.Clock, new BackupProgress(), CancellationToken.None),
        })
        {
            Assert.Equal(
                $"this backup is sealed under the master key with id {Backing.Master(gateway).Id}, but the one given has id {wrong.Id}. Give the key of the time when it was made.",
                Assert.Throws<BackupException>(act).Message);
        }

        Assert.Equal([backing.File], Directory.GetFileSystemEntries(backing.Root));
    }

    /// <summary>The backup tells the truth of a store whose log was tampered with; only who says so gets it back.</summary>
    [Fact]
    public async Task A_broken_audit_log_is_found_in_the_backup()
    {
        await gateway.Close();
        TestStore.Tamper(Path.Combine(gateway.DataDirectory, Database.FileName), "UPDATE audit_frame SET entries = CAST(replace(CAST(entries AS TEXT), 'CREATE', 'DELETE') AS BLOB) WHERE first_seq = (SELECT min(first_seq) FROM audit_frame WHERE CAST(entries AS TEXT) LIKE '%CREATE%')");
        await gateway.Open();
        await backing.Made(gateway);
        Assert.NotEmpty(backing.Check(gateway).Chain.Problems);
        Assert.Equal("audit_broken", Assert.Throws<BackupException>(() => backing.Restore(gateway, backing.In("to"))).Reason);
        Assert.False(Path.Exists(backing.In("to")) || Path.Exists(backing.In("to.restoring")));
        backing.Restore(gateway, backing.In("to"), despite: true);
        Assert.True(File.Exists(backing.In("to/gateway.db")));
    }

    [Fact]
    public async Task What_is_made_is_for_its_user_alone_and_belongs_to_whom_the_directory_belonged()
    {
        await backing.Made(gateway);
        var to = Directory.CreateDirectory(backing.In("to"), PrivateMode.Directory).FullName;
        Assert.SkipUnless(FileOwner.Self == 0, "only root can give files away");
        using (var chown = System.Diagnostics.Process.Start("chown", ["4711:4712", to]))
        {
            await chown.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Null(backing.Restore(gateway, to).KeptAside);
        Assert.Equal(PrivateMode.Directory, File.GetUnixFileMode(to));
        Assert.All(Directory.GetFileSystemEntries(to).Append(to), path => Assert.Equal((4711u, 4712u), (FileOwner.Of(path)!.Value, FileOwner.GroupOf(path)!.Value)));
        AssertNothingBeside();
    }

    private async Task<string> Value() => (string)(await (await gateway.Machine()).Api.Get(Secret)).Json["values"]![0]!["value"]!;

    private System.Text.Json.Nodes.JsonObject Changed(string value) =>
        Json.Of(("values", Json.List(Json.Of(("environmentId", acme.ShopDev), ("value", value), ("isPersonal", false)))));

    private async Task Back() => await gateway.Restart(config => config with { Storage = config.Storage with { DataDirectory = gateway.DataDirectory } });

    /// <summary>Every file of a store with its bytes, but for the lock and its log.</summary>
    private static string Bytes(string directory) => string.Join('\n', Directory.GetFiles(directory).Where(path => Path.GetFileName(path) is Database.FileName or AnchorFile.FileName)
        .Order(StringComparer.Ordinal).Select(path => $"{Path.GetFileName(path)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}"));

    private void AssertNothingBeside() =>
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Path.GetDirectoryName(gateway.DataDirectory)!), path => path.StartsWith(gateway.DataDirectory + ".", StringComparison.Ordinal));
}
