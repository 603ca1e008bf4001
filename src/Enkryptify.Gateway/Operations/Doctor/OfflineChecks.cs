using System.Globalization;
using System.Text.Json;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http.Tls;
using Enkryptify.Gateway.Operations.Warnings;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Storage.Backup;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Operations.Doctor;

/// <summary>What can be seen from the files alone, beside a running gateway or without one. Nothing is changed, and no secret is told.</summary>
internal sealed class OfflineChecks(GatewayConfig config, DoctorHost host)
{
    private const long ComfortablyFree = 1L << 30;
    private static readonly TimeSpan CertificateNotice = TimeSpan.FromDays(21);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(2);
    /// <summary>Of the newest backup, where no schedule says how old it may be.</summary>
    private static readonly TimeSpan BackupAge = TimeSpan.FromDays(7);
    private static readonly TimeSpan AnchorTolerance = TimeSpan.FromMinutes(1);

    private readonly string directory = config.Storage.DataDirectory;

    public IReadOnlyList<Finding> All(bool running)
    {
        var findings = new List<Finding> { DataDirectoryFinding(), Disk(), DiskReserve(), SynchronisedClock(), MasterKeyFinding(out var keyId) };
        findings.AddRange(OpenFiles());
        if (config.Server.Tls is { } tls)
        {
            findings.Add(Certificate(tls));
        }

        var path = Path.Combine(directory, Database.FileName);
        if (!File.Exists(path))
        {
            findings.Add(Finding.Problem("database", $"there is no {path}", "set the data directory up with: enkryptify-gateway init, or restore a backup"));
            return findings;
        }

        try
        {
            using var sql = Database.OpenReader(path);
            findings.Add(Integrity(sql, path));
            findings.Add(KeyOfDatabase(sql, keyId));
            findings.Add(ClockAgainstLog(sql));
            findings.Add(AuditAnchor(sql, running));
            findings.Add(Credentials(sql));
            findings.Add(Backup(sql));
        }
        catch (SqliteException error)
        {
            findings.Add(Finding.Problem("database", $"{path} cannot be read: {error.Message}", "stop the gateway and restore a backup into an empty directory"));
        }

        return findings;
    }

    private Finding DataDirectoryFinding()
    {
        if (!Directory.Exists(directory))
        {
            return Finding.Problem("data-directory", $"{directory} is not there", "set it up with: enkryptify-gateway init, or correct storage.data_dir");
        }

        var mode = File.GetUnixFileMode(directory);
        return (mode & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)) != 0
            ? Finding.Problem("data-directory", $"{directory} is open to others (mode {Octal(mode)})", $"chmod 700 {directory}, and find out who was in there")
            : Finding.Ok("data-directory", $"{directory} is for its owner alone");
    }

    /// <summary>All that lies in the data directory belongs to one user and is for that user alone.</summary>
    private IEnumerable<Finding> OpenFiles()
    {
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        var owner = FileOwner.Of(directory);
        var wrong = 0;
        foreach (var file in Directory.Exists(directory) ? Directory.EnumerateFiles(directory) : [])
        {
            if ((File.GetUnixFileMode(file) & others) != 0)
            {
                wrong++;
                yield return Finding.Problem("file-mode", $"{file} may be used by others (mode {Octal(File.GetUnixFileMode(file))})", $"chmod 600 {file}");
            }

            if (FileOwner.Of(file) is { } holder && holder != owner)
            {
                wrong++;
                yield return Finding.Problem(
                    "file-owner", string.Create(CultureInfo.InvariantCulture, $"{file} belongs to user {holder}, the data directory to {owner}"),
                    $"chown --reference={directory} {file}: the gateway cannot use it as it is");
            }
        }

        if (wrong == 0)
        {
            yield return Finding.Ok("files", "the files in the data directory are its owner's alone");
        }
    }

    private Finding Disk()
    {
        try
        {
            var (free, total) = host.Disk(directory);
            var told = string.Create(CultureInfo.InvariantCulture, $"{free >> 20} MiB of {total >> 20} MiB are free where the data directory is");
            return free < config.Storage.MinFree ? Finding.Problem("disk", told, string.Create(
                    CultureInfo.InvariantCulture, $"free space or move the data directory to a larger disk: below {config.Storage.MinFree >> 20} MiB (storage.min_free_mib) every change is refused"))
                : free < ComfortablyFree ? Finding.Warning("disk", told, "free space before it runs out")
                : Finding.Ok("disk", told);
        }
        catch (Exception error) when (error is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return Finding.Warning("disk", $"the free space cannot be asked: {error.Message}", "look at it with: df " + directory);
        }
    }

    private Finding DiskReserve() => config.Storage.Reserve == 0 || !Directory.Exists(directory) || new Reserve(directory, config.Storage.Reserve).IsHeld
        ? Finding.Ok("disk-reserve", config.Storage.Reserve == 0 ? "no room is set aside for a full disk (storage.reserve_mib)" : "room is set aside for a full disk")
        : Finding.Warning(
            "disk-reserve", $"the room set aside for a full disk ({Path.Combine(directory, Reserve.FileName)}) is not there: it was given up to a full disk, or the gateway never started here",
            "free space: a running gateway sets it aside again by itself");

    private Finding SynchronisedClock() => host.ClockIsSynchronised() switch
    {
        false => Finding.Warning(
            "clock", "no time service keeps this machine's clock", "run one (systemd-timesyncd, chrony): JWTs and the tokens of clusters are judged by this clock"),
        true => Finding.Ok("clock", "a time service keeps the clock"),
        null => Finding.Ok("clock", "the machine does not say whether a time service keeps the clock"),
    };

    private Finding Backup(Sql sql)
    {
        var advice = config.Backup.Every is null ? "make one: enkryptify-gateway backup, or set backup.every_hours" : "see the gateway's log for why none is made; one by hand: enkryptify-gateway backup";
        if (Backups.TakenAt(sql) is not { } taken)
        {
            return Finding.Warning("backup", "there is no backup yet", advice);
        }

        var told = string.Create(CultureInfo.InvariantCulture, $"the newest backup was taken {taken.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
        return host.Clock.GetUtcNow() - taken > (config.Backup.Every is { } every ? every + every : BackupAge) ? Finding.Warning("backup", told, advice) : Finding.Ok("backup", told);
    }

    private Finding MasterKeyFinding(out string? id)
    {
        id = null;
        try
        {
            id = MasterKey.Load(config.Encryption.MasterKey).Id;
            return Finding.Ok("master-key", $"{config.Encryption.MasterKey} holds the key with id {id}");
        }
        catch (MasterKeyException error)
        {
            // A credential of systemd's is there for the service alone.
            return config.Encryption.MasterKey.Kind == SecretReferenceKind.Credential && Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is null
                ? Finding.Ok("master-key", $"{config.Encryption.MasterKey} is there for the service alone; it was not looked at")
                : Finding.Problem("master-key", error.Message, "put the key back from your copy of it: without it nothing can be opened");
        }
    }

    private Finding Certificate(TlsConfig tls)
    {
        try
        {
            var ends = TlsMaterial.Load(tls).Certificate.NotAfter.ToUniversalTime();
            var told = string.Create(CultureInfo.InvariantCulture, $"the certificate in {tls.CertificateFile} is valid until {ends:yyyy-MM-dd HH:mm} UTC");
            const string renew = "renew it; the gateway takes new files over within seconds, without a restart";
            var left = ends - host.Clock.GetUtcNow();
            return left <= TimeSpan.Zero ? Finding.Problem("tls", told, renew) : left < CertificateNotice ? Finding.Warning("tls", told, renew) : Finding.Ok("tls", told);
        }
        catch (UnusableSettingException error)
        {
            return tls.Key.Kind == SecretReferenceKind.Credential && Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is null
                ? Finding.Ok("tls", $"{tls.Key} is there for the service alone; the pair was not looked at")
                : Finding.Problem("tls", error.Message, "lay out a PEM certificate chain and its private key (mode 0600)");
        }
    }

    private static Finding Integrity(Sql sql, string path) => sql.Text("PRAGMA quick_check(1)") is var check and not "ok"
        ? Finding.Problem("database", $"{path} is damaged: {check.ReplaceLineEndings(" ")}", "stop the gateway and restore a backup into an empty directory")
        : Finding.Ok("database", $"{path} is sound");

    private static Finding KeyOfDatabase(Sql sql, string? keyId)
    {
        var ids = sql.Query("SELECT DISTINCT master_key_id FROM key_encryption_key", row => row.GetString(0));
        return keyId is null ? Finding.Ok("key-of-database", $"the database is sealed under the master key with id {string.Join(" or ", ids)}")
            : ids.Contains(keyId) ? Finding.Ok("key-of-database", "the master key is the one of this database")
            : Finding.Problem(
                "key-of-database", $"the database is sealed under the master key with id {string.Join(" or ", ids)}, and the one given has id {keyId}", "give the key it names");
    }

    private Finding ClockAgainstLog(Sql sql)
    {
        if (Times(sql, "SELECT CAST(entries AS TEXT) FROM audit_frame ORDER BY first_seq DESC LIMIT 1").LastOrDefault() is not { } newest)
        {
            return Finding.Ok("clock-against-log", "the audit log is empty");
        }

        return newest - host.Clock.GetUtcNow() > ClockTolerance
            ? Finding.Problem(
                "clock-against-log", $"the newest audit entry is of {newest.UtcDateTime:O}, which is in the future: the clock was set back, or was ahead", "correct the clock; credentials end by it")
            : Finding.Ok("clock-against-log", "the clock is not behind the audit log");
    }

    /// <summary>When each entry of one frame was written.</summary>
    private static IEnumerable<DateTimeOffset?> Times(Sql sql, string query) =>
        (sql.First(query, row => row.GetString(0)) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            using var entry = JsonDocument.Parse(line);
            return (DateTimeOffset?)entry.RootElement.GetProperty("time").GetDateTimeOffset();
        });

    private Finding AuditAnchor(Sql sql, bool running)
    {
        var head = sql.Number("SELECT coalesce(max(last_seq), 0) FROM audit_frame") ?? 0;
        var anchor = new AnchorFile(directory).Last;
        var behind = head - (anchor?.Sequence ?? 0);
        var oldest = Times(
            sql, string.Create(CultureInfo.InvariantCulture, $"SELECT CAST(entries AS TEXT) FROM audit_frame WHERE last_seq > {anchor?.Sequence ?? 0} ORDER BY first_seq LIMIT 1")).LastOrDefault();
        return behind < 0 ? Finding.Problem(
                "audit", string.Create(CultureInfo.InvariantCulture, $"the anchor vouches for entry {anchor!.Sequence}, and the log ends at {head}: its tail was cut off, or an older copy restored"),
                "run: enkryptify-gateway audit verify")
            : behind > 0 && !running ? Finding.Warning(
                "audit", string.Create(CultureInfo.InvariantCulture, $"{behind} of the newest entries are not anchored: the gateway did not stop cleanly"), "start it once; then run: enkryptify-gateway audit verify")
            : behind > 0 && host.Clock.GetUtcNow() - oldest > AnchorTolerance ? Finding.Problem(
                "audit", string.Create(CultureInfo.InvariantCulture, $"{behind} entries have not been anchored for more than a minute"), "see the log for why the checkpoint cannot be written (disk full, permissions)")
            : Finding.Ok("audit", string.Create(CultureInfo.InvariantCulture, $"anchored up to entry {anchor?.Sequence ?? 0} of {head}"));
    }

    private Finding Credentials(Sql sql)
    {
        var due = ExpiringCredentials.Due(sql, host.Clock.GetUtcNow(), config.Warnings.CredentialExpiry);
        return due.Count == 0
            ? Finding.Ok("credentials", "no credential ends soon")
            : Finding.Warning(
                "credentials",
                $"{due.Count} credentials end soon: " + string.Join(", ", due.Take(5).Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Name} ({one.Id:D}) on {one.ExpiresAt:yyyy-MM-dd}"))) + (due.Count > 5 ? ", …" : ""),
                "rotate them (enkryptify-gateway token rotate ID) and give their workloads the new ones");
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8);
}
