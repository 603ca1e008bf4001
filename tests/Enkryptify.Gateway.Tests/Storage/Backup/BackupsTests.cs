using System.Globalization;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Storage.Backup;
using Enkryptify.Gateway.Tests.Audit;
using Enkryptify.Gateway.Tests.Secrets;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Storage.Backup;

/// <summary>Backups of a running gateway.</summary>
public sealed class BackupsTests
{
    private const string Secrets = "/v1/workspace/acme/project/shop/secret";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Four writers, each request two secrets with one value. Whatever was acknowledged before the backup was asked for is in it; of nothing there is half; the whole
    /// chain verifies.
    /// </summary>
    [Fact]
    public async Task Under_write_load_it_holds_all_that_was_acknowledged_before_and_nothing_torn()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        using var backing = new Backing();
        var (_, _, machine) = await gateway.Machine();
        var acknowledged = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var enough = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; !enough.IsCancellationRequested; i++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"W{writer}_{i}");
                var body = Json.Secret("A_" + name, name, [acme.ShopDev]);
                ((JsonArray)body["secrets"]!).Add(Json.Secret("B_" + name, name, [acme.ShopDev])["secrets"]![0]!.DeepClone());
                var answer = await machine.Post(Secrets, body);
                Assert.True(answer.Status == 201, answer.Body);
                acknowledged.Enqueue(name);
            }
        })).ToArray();
        while (acknowledged.Count < 50)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        string[] before = [.. acknowledged];
        var last = await Backing.Make(gateway, backing.File);
        var after = acknowledged.Count;
        await enough.CancelAsync();
        await Task.WhenAll(writers);
        Assert.Null((string?)last["problem"]);
        Assert.True(after > before.Length, "writers went on while the backup was made");

        var found = backing.Check(gateway);
        Assert.Empty(found.Chain.Problems);
        Assert.Equal(found.Manifest.Audit.Entries, (long)last["entries"]!);
        var restored = backing.Restore(gateway, backing.In("elsewhere"));
        Assert.Null(restored.KeptAside);
        Assert.Empty(ChainVerifier.Verify(backing.In("elsewhere")).Problems);
        await gateway.Restart(config => config with { Storage = config.Storage with { DataDirectory = backing.In("elsewhere") } });
        var values = (await (await gateway.Machine()).Api.Get(Secrets + "?environmentId=dev")).Json.AsArray()
            .ToDictionary(secret => (string)secret!["name"]!, secret => (string)secret!["values"]![0]!["value"]!);
        Assert.All(before, name => Assert.Equal((name, name), (values["A_" + name], values["B_" + name])));
        foreach (var (name, value) in values.Where(value => value.Key[1] == '_'))
        {
            Assert.Equal(value, values[(name[0] == 'A' ? "B" : "A") + name[1..]]);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{before.Length} acknowledged before, {values.Count / 2} in the backup, {acknowledged.Count} in all");
        await gateway.Restart(config => config with { Storage = config.Storage with { DataDirectory = gateway.DataDirectory } });
    }

    [Fact]
    public async Task Its_file_is_for_its_user_alone_nothing_is_left_beside_it_and_nothing_is_overwritten()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        using var backing = new Backing();
        var last = await Backing.Make(gateway, backing.File);
        Assert.Equal((backing.File, new FileInfo(backing.File).Length), ((string)last["path"]!, (long)last["bytes"]!));
        Assert.Equal(Private, File.GetUnixFileMode(backing.File));
        Assert.Equal([backing.File], Directory.GetFileSystemEntries(backing.Root));
        Assert.False(Directory.Exists(Path.Combine(gateway.DataDirectory, StoreSnapshot.WorkDirectory)));

        var bytes = await File.ReadAllBytesAsync(backing.File, TestContext.Current.CancellationToken);
        var again = await Backing.Make(gateway, backing.File);
        Assert.Equal($"{backing.File} is there already: nothing is overwritten.", (string?)again["problem"]);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(backing.File, TestContext.Current.CancellationToken));
        Assert.Equal([backing.File], Directory.GetFileSystemEntries(backing.Root));
    }

    [Fact]
    public async Task Without_a_place_it_goes_to_the_configured_directory_which_is_made()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        Assert.Null((await gateway.Operator.Get("/v1/backup")).Json["takenAt"]);
        var last = await Backing.Make(gateway, null);
        var directory = Path.Combine(gateway.DataDirectory, "backups");
        Assert.Matches($@"^{directory}/enkryptify-[0-9a-f]{{8}}-20260601T120000Z\.ekbackup$", (string)last["path"]!);
        Assert.Equal(Private | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
        Assert.Equal("2026-06-01T12:00:00Z", (string)(await gateway.Operator.Get("/v1/backup")).Json["takenAt"]!);
        await gateway.Restart();
        Assert.Equal("2026-06-01T12:00:00Z", (string)(await gateway.Operator.Get("/v1/backup")).Json["takenAt"]!);
    }

    [Theory]
    [InlineData("""{"to":"relative/path"}""", "to: must be an absolute path")]
    [InlineData("""{"to":"/a\u0007b"}""", "to: must be an absolute path")]
    [InlineData("""{"to":""}""", "to: must contain at least 1 character")]
    [InlineData("""{"to":5}""", "to: must be a string")]
    [InlineData("""{"file":"/x"}""", "file: is not a known field")]
    public async Task A_place_that_says_nothing_is_refused_by_its_name(string body, string message)
    {
        await using var gateway = await TestGateway.Start();
        var answer = await gateway.Operator.Post("/v1/backup", JsonNode.Parse(body));
        Assert.Equal((400, message), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task A_place_that_is_not_there_is_said_and_leaves_nothing()
    {
        await using var gateway = await TestGateway.Start();
        using var backing = new Backing();
        var last = await Backing.Make(gateway, backing.In("missing/file.ekbackup"));
        Assert.StartsWith($"there is no directory {backing.In("missing")}", (string)last["problem"]!, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(backing.Root));
        Assert.Null((await gateway.Operator.Get("/v1/backup")).Json["takenAt"]);
        Assert.Contains("enkryptify_backup_failures_total 1", (await gateway.Operator.Get("/metrics")).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("enkryptify_backup_age_seconds", (await gateway.Operator.Get("/metrics")).Body, StringComparison.Ordinal);
        Assert.Contains("backup-failed", (await gateway.Operator.Get("/doctor")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_beginning_its_end_and_its_failure_are_in_the_audit_log_and_its_age_in_the_metrics()
    {
        await using var gateway = await TestGateway.Start();
        using var backing = new Backing();
        await backing.Made(gateway);
        await Backing.Make(gateway, backing.File);
        var entries = AuditTail.Entries(gateway).Where(entry => (string)entry["action"]! == "BACKUP").ToList();
        Assert.Equal(["allowed", "allowed", "allowed", "denied"], entries.Select(entry => (string)entry["outcome"]!));
        Assert.All(entries, entry => Assert.Equal("local-operator", (string)entry["actor"]!["kind"]!));
        Assert.Equal((backing.File, backing.File), ((string)entries[0]["data"]!["to"]!, (string)entries[1]["data"]!["to"]!));
        Assert.Equal((string)entries[0]["data"]!["backup"]!, (string)entries[1]["data"]!["backup"]!);
        Assert.Equal("target_exists", (string)entries[3]["reason"]!);
        gateway.Clock.Advance(TimeSpan.FromHours(3));
        Assert.Contains("enkryptify_backup_age_seconds 10800\n", (await gateway.Operator.Get("/metrics")).Body, StringComparison.Ordinal);
    }

    /// <summary>Also of the store inside, once it is opened: what is secret in it is sealed or a digest.</summary>
    [Fact]
    public async Task No_secret_and_no_token_is_in_it()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        using var backing = new Backing();
        const string value = "Canary-7f3Q9zKx2mVb8RtL5wYc1dHn6sJg4pAe";
        var (_, token, machine) = await gateway.Machine();
        Assert.Equal(201, (await machine.Post(Secrets, Json.Secret("CANARY", value, [acme.ShopDev]))).Status);
        var traces = new Traces(("value", value), ("token", token), ("JWT", machine.Token!), ("plain text of the structure", "CANARY-and-acme-are-not-hidden-inside"));
        var bytes = await backing.Made(gateway);
        Assert.Empty(traces.In(bytes));
        Assert.True(bytes.AsSpan().IndexOf("SQLite format"u8) < 0 && bytes.AsSpan().IndexOf("CANARY"u8) < 0, "nothing of the database is in clear");

        var to = Directory.CreateDirectory(backing.In("open")).FullName;
        BackupCheck.Extract(backing.File, Backing.Master(gateway), to, new BackupProgress(), CancellationToken.None);
        var opened = Directory.GetFiles(to, "*", SearchOption.AllDirectories).SelectMany(File.ReadAllBytes).ToArray();
        Assert.True(opened.AsSpan().IndexOf("CANARY"u8) >= 0, "the opened one is looked at");
        Assert.Empty(traces.In(opened));
    }

    /// <summary>Retention goes on meanwhile: it deletes a segment before the database is copied, and seals and deletes others after that.</summary>
    [Fact]
    public async Task Sealed_segments_of_the_audit_log_come_along_exactly_those_that_the_copy_of_the_database_names()
    {
        using var log = await SegmentedLog.Make(8);
        using var backing = new Backing();
        await log.Retention(4).Turn();
        await log.Retention(4).Turn();
        await File.WriteAllTextAsync(Path.Combine(log.Folder, "9000-9001.jsonl"), "nobody's", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(log.Folder, "1-2.jsonl.new"), "half", TestContext.Current.CancellationToken);
        var before = log.Files.Select(path => Path.GetFileName(path)!).Where(name => name != "9000-9001.jsonl").ToList();
        var (turned, deleted) = (new HashSet<string>(), 0);
        var progress = new BackupProgress(now =>
        {
            if (now.Phase is "copying" or "reading" && turned.Add(now.Phase))
            {
                log.Retention(now.Phase == "copying" ? 4 : 1, deleteAfterDays: now.Phase == "copying" ? 7 : 1).Turn().GetAwaiter().GetResult();
                deleted = (int)log.Number("SELECT count(*) FROM audit_segment WHERE deletion IS NOT NULL");
            }
        });
        var master = MasterKey.Of(await File.ReadAllBytesAsync(Path.Combine(log.Store.Directory, "master.key"), TestContext.Current.CancellationToken), "test");
        BackupFile.Make(log.Store.Directory, backing.File, BackupOrigin.Operator, BackupKey.Of(master), Guid.AllBitsSet, log.Store.Clock, progress, CancellationToken.None);

        var found = BackupCheck.Run(backing.File, master, new BackupProgress(), CancellationToken.None);
        Assert.Empty(found.Chain.Problems);
        Assert.True(deleted > 0, "retention deleted what was there when the backup began");
        var segments = found.Manifest.Files.Select(part => part.Name).Where(name => name.StartsWith(StoreFiles.Segments, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(segments);
        Assert.All(segments, name => Assert.Contains(name["segments/".Length..], before));
        StoreRestore.Run(backing.File, master, backing.In("to"), new RestoreWishes(false, false, false, false), log.Store.Clock, new BackupProgress(), CancellationToken.None);
        var report = ChainVerifier.Verify(backing.In("to"), [log.Keys.Signing.Audit.PublicKey]);
        Assert.Empty(report.Problems);
        Assert.Equal(segments.Count, report.Segments);
    }

    /// <summary>A file system of its own, too small: said before anything is written there, and nothing is left.</summary>
    [Fact]
    public async Task Where_there_is_no_room_it_says_so_and_leaves_nothing()
    {
        await using var gateway = await TestGateway.Start();
        using var backing = new Backing();
        var small = Directory.CreateDirectory(backing.In("small")).FullName;
        using (var mount = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", small]) { RedirectStandardError = true })!)
        {
            await mount.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.SkipUnless(mount.ExitCode == 0, "this host lets nobody mount: " + await mount.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        }

        try
        {
            var last = await Backing.Make(gateway, Path.Combine(small, "b.ekbackup"));
            Assert.Matches($"^a backup needs [0-9]+ MiB in {small}, and 0 MiB are free there", (string)last["problem"]!);
            Assert.Empty(Directory.GetFileSystemEntries(small));
            Assert.False(Directory.Exists(Path.Combine(gateway.DataDirectory, StoreSnapshot.WorkDirectory)));
            Assert.Equal(200, (await gateway.Anonymous.Get("/readyz")).Status);
        }
        finally
        {
            using var unmount = System.Diagnostics.Process.Start("umount", [small]);
            await unmount.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Theory]
    [InlineData("copying")]
    [InlineData("reading")]
    [InlineData("writing")]
    [InlineData("verifying")]
    public async Task Cut_short_in_any_phase_it_leaves_nothing(string phase)
    {
        await using var gateway = await TestGateway.Start();
        using var backing = new Backing();
        using var stop = new CancellationTokenSource();
        var progress = new BackupProgress(now =>
        {
            if (now.Phase == phase)
            {
                stop.Cancel();
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(() => BackupFile.Make(
            gateway.DataDirectory, backing.File, BackupOrigin.Operator, BackupKey.Of(Backing.Master(gateway)), Guid.AllBitsSet, gateway.Clock, progress, stop.Token));
        Assert.Equal(phase, progress.Phase);
        Assert.Empty(Directory.GetFileSystemEntries(backing.Root));
        Assert.False(Directory.Exists(Path.Combine(gateway.DataDirectory, StoreSnapshot.WorkDirectory)));
    }

    [Fact]
    public async Task A_second_one_at_once_is_refused_and_a_stop_leaves_no_half_file()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var stopping = gateway;
        using var backing = new Backing();
        Fill(gateway);
        await gateway.Open();
        var begun = await gateway.Operator.Post("/v1/backup", Json.Of(("to", backing.File)));
        Assert.Equal(200, begun.Status);
        var second = await gateway.Operator.Post("/v1/backup", Json.Of(("to", backing.In("other.ekbackup"))));
        Assert.Equal((409, "backup_running"), (second.Status, second.Code));
        await gateway.Restart();
        Assert.Empty(Directory.GetFileSystemEntries(backing.Root));
        Assert.False(Directory.Exists(Path.Combine(gateway.DataDirectory, StoreSnapshot.WorkDirectory)));
        Assert.Contains(AuditTail.Entries(gateway), entry => (string?)entry["reason"] == "stopped" && (string)entry["action"]! == "BACKUP");
    }

    /// <summary>So much that its copy takes longer than the next request.</summary>
    private static void Fill(TestGateway gateway)
    {
        gateway.Close().GetAwaiter().GetResult();
        TestStore.Tamper(
            Path.Combine(gateway.DataDirectory, Database.FileName),
            "CREATE TABLE filler (bytes BLOB); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80) INSERT INTO filler SELECT randomblob(1000000) FROM n");
    }
}
