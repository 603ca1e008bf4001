using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>
/// Backups of the running gateway: one at a time, asked for by the local operator or due by the schedule. Each is in the audit log when it begins, before anything is
/// read, and when it ends. It goes on when whoever asked is gone, and stops with the gateway.
/// </summary>
internal sealed class Backups(Database database, Keyring ring, BackupConfig config, AuditTrail audit, TimeProvider time, ILogger<Backups> log) : IDisposable
{
    /// <summary>In table <c>meta</c>: when the newest one was taken, in Unix milliseconds. A restart must not forget it.</summary>
    private const string LastTaken = "backup-taken-at";

    private readonly Lock gate = new();
    private readonly CancellationTokenSource stop = new();
    private readonly string dataDirectory = Path.GetDirectoryName(database.FilePath)!;
    private Running? running;
    private BackupResultBody? last;
    private Task work = Task.CompletedTask;
    private long failures;

    /// <summary>Failed since the start.</summary>
    public long Failures => Interlocked.Read(ref failures);

    /// <summary>Size of the newest one that was made since the start.</summary>
    public long LastBytes { get; private set; }

    /// <summary>Whether and why the last attempt since the start failed.</summary>
    public string? LastProblem
    {
        get
        {
            lock (gate)
            {
                return last?.Problem;
            }
        }
    }

    public string Directory => config.Directory ?? Path.Combine(dataDirectory, "backups");

    /// <summary>When the newest one that succeeded was taken.</summary>
    public DateTimeOffset? TakenAt() => database.Readers.Read(TakenAt);

    public static DateTimeOffset? TakenAt(Sql sql) =>
        sql.First("SELECT value FROM meta WHERE name = ?1", row => row.GetString(0), LastTaken) is { } text && long.TryParse(text, out var taken)
            ? DateTimeOffset.FromUnixTimeMilliseconds(taken)
            : null;

    /// <summary>Begins one for the local operator.</summary>
    /// <param name="to">An absolute path: a file that is not there or a directory that is; null is the configured directory.</param>
    public async Task<Outcome<BackupStatusBody>> Begin(Caller caller, string? to)
    {
        var draft = new AuditDraft(AuditAction.Backup, new AuditTarget("store"));
        var place = caller is OperatorCaller && Reserve(BackupOrigin.Operator) is { } reserved ? reserved : null;
        try
        {
            var outcome = await audit.Change<Done>(caller, draft, _ =>
            {
                if (caller is not OperatorCaller)
                {
                    return Refusal.Forbidden();
                }

                if (place is null)
                {
                    return Refusal.Conflict("backup_running", "A backup is being made: wait for its end.");
                }

                draft.Add("backup", place.Id.ToString("D"));
                draft.Add("to", to ?? Directory);
                return Done.Value;
            }).ConfigureAwait(false);
            if (outcome.Refused(out var refusal, out _))
            {
                Release(place);
                return refusal;
            }
        }
        catch
        {
            Release(place);
            throw;
        }

        // What the status says now is what began, however soon it ends.
        var status = Now();
        work = Task.Run(() => Run(place!, to, caller.Actor), CancellationToken.None);
        return status;
    }

    /// <summary>How it goes. Tells of the gateway's own work and of no data, so only a denial is noted: whoever waits asks often.</summary>
    public async ValueTask<Outcome<BackupStatusBody>> Status(Caller caller) => caller is OperatorCaller
        ? Now()
        : await audit.Read<BackupStatusBody>(caller, new AuditDraft(AuditAction.List, new AuditTarget("backup")), () => Refusal.Forbidden()).ConfigureAwait(false);

    /// <summary>One by the schedule. False when it failed; a backup that is being made already counts for it.</summary>
    public async Task<bool> RunScheduled()
    {
        if (Reserve(BackupOrigin.Schedule) is not { } place)
        {
            return true;
        }

        try
        {
            await audit.Record(Draft(place, Directory)).ConfigureAwait(false);
        }
        catch
        {
            Release(place);
            throw;
        }

        work = Task.Run(() => Run(place, null, AuditActor.Gateway), CancellationToken.None);
        await work.ConfigureAwait(false);
        return LastProblem is null;
    }

    /// <summary>Cuts one that is being made short; its half file is removed.</summary>
    public async Task Stop()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await work.ConfigureAwait(false);
    }

    public void Dispose() => stop.Dispose();

    private static AuditDraft Draft(Running place, string to)
    {
        var draft = new AuditDraft(AuditAction.Backup, new AuditTarget("store"));
        draft.Add("backup", place.Id.ToString("D"));
        draft.Add("to", to);
        return draft;
    }

    private async Task Run(Running place, string? to, AuditActor actor)
    {
        MadeBackup? made = null;
        BackupException? failure = null;
        try
        {
            if (to is null)
            {
                PrivateMode.MakeDirectory(Directory);
                if (database.Readers.Read(StoreSnapshot.StoreId) is { } store)
                {
                    BackupFile.RemoveLeftOver(Directory, store);
                }
            }

            made = BackupFile.Make(dataDirectory, to ?? Directory, place.Origin, ring.BackupKey, place.Id, time, place.Progress, stop.Token);
            if (place.Origin == BackupOrigin.Schedule)
            {
                BackupRetention.Apply(Directory, made.Header.StoreId, config.Keep, log);
            }
        }
        catch (OperationCanceledException)
        {
            failure = new BackupException("stopped", "the gateway stopped before the backup was whole.");
        }
        catch (BackupException error)
        {
            failure = error;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or SqliteException)
        {
            failure = new BackupException("write_failed", error.Message, error);
        }
        catch (Exception error)
        {
            failure = new BackupException("internal_error", $"internal error ({error.GetType().Name})", error);
            log.LogError("backup: {Type} at {Place}", error.GetType().FullName, error.StackTrace);
        }

        await End(place, to, actor, made, failure).ConfigureAwait(false);
    }

    /// <summary>Known to waiters only when the audit log knows it.</summary>
    private async Task End(Running place, string? to, AuditActor actor, MadeBackup? made, BackupException? failure)
    {
        try
        {
            await database.Writer.Change<Done>(transaction =>
            {
                List<(string, object)> data = [("backup", place.Id.ToString("D")), ("to", made?.Path ?? to ?? Directory)];
                if (made is not null)
                {
                    data.AddRange([("bytes", made.Bytes), ("entries", made.Manifest.Audit.Entries), ("masterKey", made.Header.MasterKeyId)]);
                    transaction.Sql.Execute(
                        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                        LastTaken, made.Header.TakenAt.ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
                }

                transaction.Audit(new AuditEntry(time.GetUtcNow(), actor, null, null, AuditAction.Backup, new AuditTarget("store")) { Denied = failure?.Reason, Data = data });
                return Done.Value;
            }).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // The file is there and whole; the store that could not note it says so by its readiness.
            log.LogError("backup: the audit log could not take its end: {Problem}", error.Message);
        }

        if (failure is not null)
        {
            Interlocked.Increment(ref failures);
            log.LogError("backup: {Problem}", failure.Message);
        }
        else
        {
            LastBytes = made!.Bytes;
            log.LogInformation("backup: {Path} written and verified, {Bytes} bytes, {Entries} audit entries", made.Path, made.Bytes, made.Manifest.Audit.Entries);
        }

        lock (gate)
        {
            last = new BackupResultBody(
                place.Id, made?.Path ?? to ?? Directory, place.Origin == BackupOrigin.Schedule, time.GetUtcNow().UtcDateTime, made?.Manifest.TakenAt, made?.Bytes, made?.Manifest.Audit.Entries,
                made?.Header.MasterKeyId, failure?.Message);
            running = null;
        }
    }

    private BackupStatusBody Now()
    {
        var taken = TakenAt()?.UtcDateTime;
        lock (gate)
        {
            return new BackupStatusBody(
                running is null ? null : new BackupRunBody(running.Id, running.Progress.Phase, running.Progress.Done, running.Progress.Total), last, taken, Directory);
        }
    }

    private Running? Reserve(BackupOrigin origin)
    {
        lock (gate)
        {
            return running is null && !stop.IsCancellationRequested ? running = new Running(Ids.New(time), origin) : null;
        }
    }

    private void Release(Running? place)
    {
        lock (gate)
        {
            running = place is not null && running == place ? null : running;
        }
    }

    private sealed record Running(Guid Id, BackupOrigin Origin)
    {
        public BackupProgress Progress { get; } = new();
    }
}
