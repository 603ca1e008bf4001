using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Operations.Doctor;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.Storage.Backup;
using Enkryptify.Gateway.Tests.Cli;
using Enkryptify.Gateway.Tests.Exchange.Oidc;
using Enkryptify.Gateway.Tests.Forwarding.Backends;
using Enkryptify.Gateway.Tests.Forwarding.Routes;
using Enkryptify.Gateway.Tests.Http.Tls;
using Enkryptify.Gateway.Tests.Operations.Telemetry;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Tests.Operations.Doctor;

/// <summary>Each finding of the doctor, provoked.</summary>
public partial class DoctorTests
{
    private static readonly DoctorHost Healthy = new(TimeProvider.System, _ => (100L << 30, 200L << 30), () => true);

    [Fact]
    public async Task A_running_gateway_that_is_well_has_no_problem()
    {
        await using var gateway = await TestGateway.Start();
        gateway.CloseFiles();
        var run = await new Cli.Cli { Clock = gateway.Clock }.RunAsync("doctor", "--data-dir", gateway.DataDirectory, "--json");
        Assert.True(run.Code == 0, run.Output + run.Error);
        var findings = JsonNode.Parse(run.Output)!["findings"]!.AsArray();
        Assert.DoesNotContain(findings, finding => (string)finding!["severity"]! == "problem");
        Assert.Contains(findings, finding => (string)finding!["check"]! == "gateway" && (string)finding["message"]! == "runs");
        Assert.All((string[])[.. NotReady.Select(row => row.Data), "master-key", "key-of-database", "database", "data-directory", "files", "audit", "credentials", "clock-against-log"],
            check => Assert.Contains(findings, finding => (string)finding!["check"]! == check));
    }

    [Fact]
    public async Task A_stopped_gateway_is_a_warning_and_its_files_are_judged_all_the_same()
    {
        await using var gateway = await TestGateway.Start();
        await gateway.Close();
        gateway.CloseFiles();
        var run = await new Cli.Cli { Clock = gateway.Clock }.RunAsync("doctor", "--data-dir", gateway.DataDirectory);
        Assert.True(run.Code == 0, run.Output + run.Error);
        Assert.Contains("warning  gateway: no gateway answers at the admin socket", run.Output, StringComparison.Ordinal);
        Assert.Contains("ok       database:", run.Output, StringComparison.Ordinal);

        File.SetUnixFileMode(gateway.DataDirectory, (UnixFileMode)0x1E8); // 0750
        run = await new Cli.Cli { Clock = gateway.Clock }.RunAsync("doctor", "--data-dir", gateway.DataDirectory);
        Assert.Equal(1, run.Code);
        Assert.Contains("PROBLEM  data-directory:", run.Output, StringComparison.Ordinal);
        Assert.Contains("chmod 700", run.Output, StringComparison.Ordinal);
        File.SetUnixFileMode(gateway.DataDirectory, (UnixFileMode)0x1C0);
        await gateway.Open();
    }

    [Fact]
    public async Task A_configuration_with_mistakes_is_all_that_is_told()
    {
        using var file = new Configuration.ConfigFile("[log]\nlevel = \"loud\"");
        var run = await CliRun.OfAsync("doctor", "--config", file.Path);
        Assert.Equal(1, run.Code);
        Assert.Contains("PROBLEM  configuration:", run.Output, StringComparison.Ordinal);
        Assert.Contains(":2: log.level: must be one of", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_local_operator_examines_the_running_one()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var (_, _, machine) = await gateway.Machine();
        Assert.Equal(401, (await gateway.Anonymous.Get("/doctor")).Status);
        Assert.Equal(403, (await machine.Get("/doctor")).Status);
        Assert.Equal(200, (await gateway.Operator.Get("/doctor")).Status);
        Assert.Equal(2, AuditTail.Entries(gateway).Count(entry => (string)entry["action"]! == AuditAction.Examine));
    }

    /// <summary>Where those are provoked that <see cref="Files"/> has no row for.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["configuration"] = nameof(A_configuration_with_mistakes_is_all_that_is_told),
        ["gateway"] = nameof(A_running_gateway_that_does_not_let_itself_be_examined_is_a_problem),
        ["ready-"] = nameof(What_keeps_traffic_away_is_found),
        ["tls"] = nameof(A_certificate_is_judged_by_its_end),
        ["tls-reload"] = nameof(A_pair_that_does_not_fit_is_found_on_the_disk_and_in_the_running_one),
        ["issuer"] = nameof(An_issuer_that_cannot_be_reached_is_found),
        ["issuer-keys"] = nameof(KeyWarningTests.A_new_kid_is_a_warning_until_its_keys_are_uploaded),
        ["backup-failed"] = nameof(BackupsTests.A_place_that_is_not_there_is_said_and_leaves_nothing),
        ["telemetry"] = nameof(TelemetryTests.A_collector_that_refuses_is_counted_and_told_of_when_it_takes_them_again),
        ["backend"] = nameof(RemoteUseTests.The_doctor_and_the_metrics_tell_how_it_does),
        ["route"] = nameof(RouteWarningTests.The_end_of_a_routes_credential_is_told_before_it_comes_and_rotation_ends_the_warning),
        ["upstream"] = nameof(RouteWarningTests.An_upstream_that_is_away_is_told),
    };

    [Fact]
    public void None_is_in_the_source_that_no_test_provokes() => Assert.Equal(
        Files.Select(row => row.Data.Item3).Concat(Elsewhere.Keys).Distinct().Order(StringComparer.Ordinal),
        Directory.EnumerateFiles(Repository.PathOf("src", "Enkryptify.Gateway"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Bad().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal));

    [GeneratedRegex("Finding\\.(?:Warning|Problem)\\(\\s*\"([a-z-]+)\"")]
    private static partial Regex Bad();

    public static TheoryData<string, string, string> Files => new()
    {
        { "no directory", "Problem", "data-directory" },
        { "no database", "Problem", "database" },
        { "damaged database", "Problem", "database" },
        { "no database at all", "Problem", "database" },
        { "file open to others", "Problem", "file-mode" },
        { "file of another user", "Problem", "file-owner" },
        { "no key", "Problem", "master-key" },
        { "key open to others", "Problem", "master-key" },
        { "another key", "Problem", "key-of-database" },
        { "anchor ahead", "Problem", "audit" },
        { "killed", "Warning", "audit" },
        { "not anchored", "Problem", "audit" },
        { "clock behind", "Problem", "clock-against-log" },
        { "disk nearly full", "Warning", "disk" },
        { "disk full", "Problem", "disk" },
        { "disk that does not answer", "Warning", "disk" },
        { "reserve given up", "Warning", "disk-reserve" },
        { "no time service", "Warning", "clock" },
        { "credential ends", "Warning", "credentials" },
        { "no backup", "Warning", "backup" },
        { "backup too old", "Warning", "backup" },
        { "backup too old for the schedule", "Warning", "backup" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Each_is_found(string what, string severity, string check)
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        await gateway.Machine(expiresIn: "5d");
        Assert.Null((await Backing.Make(gateway, null))["problem"]);
        await gateway.Close();
        gateway.CloseFiles();
        var (directory, config, host, running) = (gateway.DataDirectory, gateway.Config, Healthy with { Clock = gateway.Clock }, false);
        Assert.All(new OfflineChecks(config, host).All(running), finding => Assert.True(finding.Severity == Severity.Ok, finding.ToString()));
        var database = Path.Combine(directory, Database.FileName);
        var key = Path.Combine(directory, "master.key");
        var kept = File.ReadAllBytes(key);
        switch (what)
        {
            case "no directory":
                config = config with { Storage = config.Storage with { DataDirectory = Path.Combine(directory, "nowhere") } };
                break;
            case "no database":
                Directory.CreateDirectory(Path.Combine(directory, "empty"), (UnixFileMode)0x1C0);
                config = config with { Storage = config.Storage with { DataDirectory = Path.Combine(directory, "empty") } };
                break;
            case "damaged database":
                Damage(database);
                break;
            case "no database at all":
                File.WriteAllText(database, "this was a database once, and is one no more" + new string('.', 8192));
                break;
            case "file open to others":
                File.SetUnixFileMode(database, (UnixFileMode)0x1A4); // 0644
                break;
            case "file of another user":
                Assert.SkipUnless(FileOwner.Self == 0, "only root gives a file away");
                using (var chown = System.Diagnostics.Process.Start("chown", ["65534", database]))
                {
                    await chown.WaitForExitAsync();
                }

                break;
            case "no key":
                File.Delete(key);
                break;
            case "key open to others":
                File.SetUnixFileMode(key, (UnixFileMode)0x1A4);
                break;
            case "another key":
                File.WriteAllText(key, global::Enkryptify.Gateway.Encryption.MasterKey.NewText());
                break;
            case "anchor ahead":
                var anchors = Path.Combine(directory, AnchorFile.FileName);
                File.WriteAllText(anchors, File.ReadAllText(anchors).Replace("{\"seq\":", "{\"seq\":9", StringComparison.Ordinal));
                break;
            case "killed":
                File.WriteAllText(Path.Combine(directory, AnchorFile.FileName), "");
                break;
            case "not anchored":
                File.WriteAllText(Path.Combine(directory, AnchorFile.FileName), "");
                running = true;
                Assert.DoesNotContain(new OfflineChecks(config, host).All(running), finding => finding.Severity == Severity.Problem);
                gateway.Clock.Advance(TimeSpan.FromSeconds(61));
                break;
            case "clock behind":
                host = host with { Clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(gateway.Clock.GetUtcNow().AddDays(-1)) };
                break;
            case "disk nearly full":
                host = host with { Disk = _ => (900L << 20, 200L << 30) };
                break;
            case "disk that does not answer":
                host = host with { Disk = _ => throw new IOException("no such device") };
                break;
            case "reserve given up":
                config = config with { Storage = config.Storage with { Reserve = 1 << 20 } };
                break;
            case "disk full":
                host = host with { Disk = _ => (1L << 20, 200L << 30) };
                break;
            case "no time service":
                host = host with { ClockIsSynchronised = () => false };
                break;
            case "no backup":
                Storage.TestStore.Tamper(database, "DELETE FROM meta WHERE name = 'backup-taken-at'");
                gateway.CloseFiles();
                break;
            case "backup too old":
                gateway.Clock.Advance(TimeSpan.FromDays(7) + TimeSpan.FromSeconds(1));
                break;
            case "backup too old for the schedule":
                config = config with { Backup = config.Backup with { Every = TimeSpan.FromHours(6) } };
                gateway.Clock.Advance(TimeSpan.FromHours(12) + TimeSpan.FromSeconds(1));
                break;
            case "credential ends":
                gateway.Clock.Advance(TimeSpan.FromDays(4));
                break;
        }

        var findings = new OfflineChecks(config, host).All(running).Where(finding => finding.Severity != Severity.Ok).ToList();
        Assert.Contains(findings, finding => finding.Check == check && finding.Severity.ToString() == severity && finding.Advice!.Length > 10);
        Assert.All(findings, finding => Assert.DoesNotContain(System.Text.Encoding.ASCII.GetString(kept).Trim(), finding.Message, StringComparison.Ordinal));
        await gateway.Restore(database, key, kept, what);
    }

    [Theory]
    [InlineData(-1, "Problem")]
    [InlineData(10, "Warning")]
    [InlineData(30, "Ok")]
    public async Task A_certificate_is_judged_by_its_end(int days, string severity)
    {
        await using var world = await TlsWorld.Start();
        world.Pki.Write(world.Folder, world.Pki.Issue("gateway", until: world.Gateway.Clock.GetUtcNow().AddDays(days)));
        Assert.Equal(severity, Assert.Single(new OfflineChecks(world.Gateway.Config, Healthy with { Clock = world.Gateway.Clock }).All(true), finding => finding.Check == "tls").Severity.ToString());
    }

    [Fact]
    public async Task A_pair_that_does_not_fit_is_found_on_the_disk_and_in_the_running_one()
    {
        await using var world = await TlsWorld.Start();
        Pki.WriteKey(world.Folder, Pki.KeyPem(world.Pki.Issue("another")));
        Assert.NotNull(world.Gateway.Gateway.ReloadTls());
        Assert.Equal(Severity.Problem, Assert.Single(new OfflineChecks(world.Gateway.Config, Healthy).All(true), finding => finding.Check == "tls").Severity);
        var live = (await world.Gateway.Operator.Get("/doctor")).Json["findings"]!.AsArray();
        Assert.Contains(live, finding => (string)finding!["check"]! == "tls-reload" && (string)finding["severity"]! == "problem");
    }

    public static TheoryData<string> NotReady => ["ready-serving", "ready-writer", "ready-database", "ready-disk"];

    /// <summary>What readiness says against serving, the doctor says with what to do.</summary>
    [Theory]
    [MemberData(nameof(NotReady))]
    public async Task What_keeps_traffic_away_is_found(string check)
    {
        await using var gateway = await (check == "ready-disk" ? TestGateway.StartUnowned(("storage.min_free_mib", "1048576")) : TestGateway.Start());
        var stopping = Task.CompletedTask;
        switch (check)
        {
            case "ready-serving":
                stopping = gateway.Gateway.StopAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
                break;
            case "ready-writer":
                await FailTheDisk(gateway);
                break;
            case "ready-database":
                Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace", Json.Of(("name", "Acme"), ("slug", "acme")))).Status);

                // What is only in the log would be read from there.
                await gateway.Restart();
                Damage(Path.Combine(gateway.DataDirectory, Database.FileName));
                break;
        }

        var findings = (await gateway.Operator.Get("/doctor")).Json["findings"]!.AsArray();
        Assert.Equal(NotReady.Select(row => (row.Data, row.Data == check ? "problem" : "ok")), findings.Select(Of).Where(finding => finding.Check.StartsWith("ready-", StringComparison.Ordinal)));
        Assert.All(findings.Where(finding => Of(finding).Severity == "problem"), finding => Assert.True(((string)finding!["advice"]!).Length > 10, finding.ToJsonString()));

        // What cannot be looked at now is told too, and is no reason not to tell the rest.
        Assert.Equal(check == "ready-writer", findings.Select(Of).Contains(("gateway", "problem")));
        Assert.Equal(check == "ready-database", findings.Select(Of).Contains(("issuer", "problem")));
        Assert.Contains("\nenkryptify_ready 0\n", (await gateway.Operator.Get("/metrics")).Body, StringComparison.Ordinal);
        gateway.Clock.Advance(TimeSpan.FromSeconds(10));
        await stopping;
    }

    /// <summary>The case in which an operator asks: nothing can be written any more, so that the doctor's own entry cannot be either, until a restart.</summary>
    [Fact]
    public async Task A_disk_that_failed_is_told_until_a_restart_and_to_the_operator_alone()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var (_, _, machine) = await gateway.Machine();
        await FailTheDisk(gateway);
        gateway.CloseFiles();
        var run = await new Cli.Cli { Clock = gateway.Clock }.RunAsync("doctor", "--data-dir", gateway.DataDirectory);
        Assert.Equal(1, run.Code);
        Assert.Contains("PROBLEM  ready-writer: the last write failed", run.Output, StringComparison.Ordinal);
        Assert.Contains("no audit entry can be written: the store failed before and needs a restart", run.Output, StringComparison.Ordinal);
        var refused = await machine.Get("/doctor");
        Assert.Equal((503, "storage_unavailable"), (refused.Status, refused.Code));

        await gateway.Restart();
        Assert.Contains(("ready-writer", "ok"), (await gateway.Operator.Get("/doctor")).Json["findings"]!.AsArray().Select(Of));
    }

    [Fact]
    public async Task A_running_gateway_that_does_not_let_itself_be_examined_is_a_problem()
    {
        await using var gateway = await Cli.FakeGateway.StartAsync();
        gateway.Answer("GET /doctor", 500, """{"code":"internal_error","message":"Internal error","requestId":"1"}""");
        var run = await CliRun.OfAsync("doctor", "--data-dir", gateway.DataDirectory);
        Assert.Equal(1, run.Code);
        Assert.Contains("PROBLEM  gateway: the running gateway could not be examined", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_issuer_that_cannot_be_reached_is_found()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var __ = gateway;
        var made = await gateway.Operator.Post("/v1/workspace/acme/issuer", Json.Of(("name", "gone"), ("url", "http://127.0.0.1:9"), ("discovery", true)));
        Assert.True(made.Status == 201, made.Body);
        var live = (await gateway.Operator.Get("/doctor")).Json["findings"]!.AsArray();
        Assert.Contains(live, finding => (string)finding!["check"]! == "issuer" && (string)finding["severity"]! == "problem" && ((string)finding["message"]!).Contains("gone", StringComparison.Ordinal));
    }

    private static (string Check, string Severity) Of(JsonNode? finding) => ((string)finding!["check"]!, (string)finding["severity"]!);

    /// <summary>As the disk would: a write of the gateway's ends with an I/O error.</summary>
    private static Task FailTheDisk(TestGateway gateway) => Assert.ThrowsAsync<SqliteException>(() => gateway.Gateway.Audit.Change<Done>(
        new OperatorCaller(0, "request"), new AuditDraft(AuditAction.Examine, new AuditTarget("gateway")), _ => throw new SqliteException("disk I/O error", 10)));

    /// <summary>Every page but the first and the last.</summary>
    private static void Damage(string database)
    {
        var bytes = File.ReadAllBytes(database);
        bytes.AsSpan(4096, bytes.Length - 8192).Fill(0x5A);
        File.WriteAllBytes(database, bytes);
    }
}

/// <summary>Puts back what a row broke, so that the gateway can be ended as any other.</summary>
internal static class Mending
{
    /// <summary>As files are made by the executable, whose umask is 0077; a test has the umask of who runs it.</summary>
    public static void CloseFiles(this TestGateway gateway)
    {
        foreach (var file in Directory.EnumerateFiles(gateway.DataDirectory))
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    public static Task Restore(this TestGateway gateway, string database, string key, byte[] kept, string what)
    {
        File.WriteAllBytes(key, kept);
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (what is "damaged database" or "no database at all" or "file of another user")
        {
            // A fresh one in its place.
            foreach (var file in (string[])[database, database + "-wal", database + "-shm", Path.Combine(gateway.DataDirectory, AnchorFile.FileName)])
            {
                File.Delete(file);
            }
        }

        return gateway.Open();
    }
}
