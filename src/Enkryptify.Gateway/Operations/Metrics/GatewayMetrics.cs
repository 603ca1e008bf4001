using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Cli;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Exchange;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Forwarding.Backends;
using Enkryptify.Gateway.Forwarding.Routes;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Http.Tls;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Operations.Telemetry;
using Enkryptify.Gateway.Operations.Warnings;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Storage.Backup;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Operations.Metrics;

/// <summary>
/// All that is measured, gathered when it is asked for. Labels are route patterns, words of our own and ids of credentials: nothing that a caller typed, and
/// each bounded in number.
/// </summary>
internal sealed class GatewayMetrics(
    GatewayConfig config, Pipeline pipeline, Database database, AuditChain chain, AnchorLoop anchors, RefusalLog refusals, RateLimits limits, Admission admission, TokenIssuer issuer,
    LiveCredentials credentials, Authenticator authenticator, RecentSecrets recent, ExpiringCredentials expiring, IssuerKeys issuerKeys, Readiness readiness, RemoteWorkspaces remotes, ServerTls? tls, Backups backups, TelemetryExport? telemetry, TimeProvider time)
{
    private readonly DateTimeOffset started = time.GetUtcNow();

    /// <summary>Set when they are made, before anything is served.</summary>
    public LegacyRoutes? LegacyRoutes { get; set; }

    public void Gather(IMetricsSink text)
    {
        Build(text);
        Requests(text);
        Store(text);
        Readable(Backup, text);
        Readable(Credentials, text);
        Expiry(text);
        Backends(text);
        Telemetry(text);
        Process(text);
    }

    /// <summary>Left out while the database cannot be read: <c>enkryptify_ready</c> says so, and is what must not be missing then.</summary>
    private static void Readable(Action<IMetricsSink> part, IMetricsSink text)
    {
        try
        {
            part(text);
        }
        catch (SqliteException)
        {
            // Each part asks the database before it tells anything.
        }
    }

    private void Build(IMetricsSink text)
    {
        text.Family("enkryptify_build_info", "gauge", "What this executable is.").Sample(
            1, ("version", ProductVersion.Current.Version), ("commit", ProductVersion.Current.Commit ?? "unknown"));
        text.Gauge("enkryptify_ready", "Whether /readyz says that traffic may be sent here.", readiness.Check().All(check => check.Problem is null) ? 1 : 0);
    }

    private void Requests(IMetricsSink text)
    {
        var routes = pipeline.Requests.Where(route => route.Answers.Any()).ToList();
        text.Family("enkryptify_http_requests_total", "counter", "Answers, by route and class of status.");
        foreach (var route in routes)
        {
            foreach (var (status, value) in route.Answers)
            {
                text.Sample(value, ("method", route.Method), ("route", route.Pattern), ("status", status));
            }
        }

        text.Family("enkryptify_http_request_duration_seconds", "histogram", "How long answers took, by route.");
        foreach (var route in routes)
        {
            text.Histogram(route.Seconds, ("method", route.Method), ("route", route.Pattern));
        }

        text.Family("enkryptify_exchanges_total", "counter", "JWTs issued, by type of credential.");
        foreach (var (type, value) in issuer.Exchanges.All)
        {
            text.Sample(value, ("type", type));
        }

        text.Family("enkryptify_refusals_total", "counter", "Refusals of callers who had proven nothing, by reason.");
        foreach (var (reason, value) in refusals.Reasons.All)
        {
            text.Sample(value, ("reason", reason));
        }

        text.Family("enkryptify_rate_limited_total", "counter", "Requests beyond a rate limit.");
        text.Sample(limits.BeyondAddress.Value, ("limit", "address"));
        text.Sample(limits.BeyondCredential.Value, ("limit", "credential"));
        text.Counter("enkryptify_overloaded_total", "Requests turned away because too many waited.", admission.TurnedAway.Value);
    }

    private void Store(IMetricsSink text)
    {
        text.Gauge("enkryptify_writer_queue_items", "Items that wait for the writer.", database.Writer.Waiting);
        text.Family("enkryptify_commit_items", "histogram", "Items that one commit wrote together.").Histogram(database.Writer.CommitItems);
        text.Family("enkryptify_commit_duration_seconds", "histogram", "How long commits took, the sync of changes included.").Histogram(database.Writer.CommitSeconds);
        text.Gauge("enkryptify_store_needs_restart", "1 after a failure of the disk that only a restart can mend.", database.Writer.NeedsRestart ? 1 : 0);
        text.Family("enkryptify_cache_entries", "gauge", "What is held in memory.");
        text.Sample(credentials.Held, ("cache", "credentials"));
        text.Sample(authenticator.Remembered, ("cache", "tokens"));
        text.Sample(recent.Count, ("cache", "secrets"));
        text.Family("enkryptify_cache_capacity", "gauge", "The most that is held in memory.");
        text.Sample(LiveCredentials.Capacity, ("cache", "credentials"));
        text.Sample(Authenticator.RememberedTokens, ("cache", "tokens"));
        text.Gauge("enkryptify_issuer_key_warnings", "Issuers whose uploaded keys seem to be out of date.", issuerKeys.Warnings().Count);
        text.Counter("enkryptify_audit_entries_total", "The number of the newest audit entry.", chain.Head.Sequence);
        text.Counter("enkryptify_audit_synced_entries_total", "The number of the newest audit entry that is on the disk.", chain.Synced.Sequence);
        text.Counter("enkryptify_audit_anchored_entries_total", "The number of the newest audit entry that a signed checkpoint vouches for.", anchors.Anchored);
        text.Family("enkryptify_database_bytes", "gauge", "Sizes of the database's files.");
        text.Sample(Size(database.FilePath), ("file", "database"));
        text.Sample(Size(database.FilePath + "-wal"), ("file", "wal"));
        text.Gauge("enkryptify_disk_free_bytes", "Free space where the data directory is.", Free(config.Storage.DataDirectory));
        text.Gauge("enkryptify_disk_min_free_bytes", "Less than this, and changes are refused.", database.Space.MinFree);
        text.Gauge("enkryptify_disk_space_level", "0 there is room, 1 changes are refused, 2 reads are refused too.", (int)database.Space.Level);
        text.Gauge("enkryptify_disk_reserve_bytes", "Room set aside for a full disk; 0 while it is given up.", database.Space.IsReserveHeld ? database.Space.ReserveBytes : 0);
    }

    /// <summary>No age where there was never a backup: an alert on its absence is the right one then.</summary>
    private void Backup(IMetricsSink text)
    {
        if (backups.TakenAt() is { } taken)
        {
            text.Gauge("enkryptify_backup_age_seconds", "Since the newest backup that succeeded was taken.", (time.GetUtcNow() - taken).TotalSeconds);
        }

        text.Counter("enkryptify_backup_failures_total", "Backups that failed.", backups.Failures);
        text.Gauge("enkryptify_backup_bytes", "Size of the newest backup since the start.", backups.LastBytes);
    }

    private void Credentials(IMetricsSink text)
    {
        var (now, near, due) = (time.GetUtcNow(), expiring.Nearest(), expiring.Due(config.Warnings.CredentialExpiry));
        text.Family("enkryptify_credential_days_to_expiry", "gauge", "Of the credentials that end next, at most ten.");
        foreach (var credential in near)
        {
            text.Sample((credential.ExpiresAt - now).TotalDays, ("credential", credential.Id.ToString("D")), ("type", credential.Type.Wire()));
        }

        text.Gauge("enkryptify_credentials_expiring", "Credentials in the span of warnings before they end.", due.Count);
    }

    private void Expiry(IMetricsSink text)
    {
        var now = time.GetUtcNow();
        if (tls is not null)
        {
            text.Gauge("enkryptify_tls_certificate_days_to_expiry", "Of the certificate that is served.", (tls.Expires - now).TotalDays);
            text.Gauge("enkryptify_tls_files_rejected", "1 while the TLS files on the disk cannot be taken over.", tls.Problem is null ? 0 : 1);
        }

        var routes = LegacyRoutes?.Status().Routes ?? [];
        if (routes.Count > 0)
        {
            text.Family("enkryptify_route_refuses", "gauge", "1 while the legacy route refuses every request: its credential or its values are not as they must be.");
            foreach (var route in routes)
            {
                text.Sample(route.Problem is null ? 0 : 1, ("route", route.Name));
            }

            text.Family("enkryptify_route_credential_days_to_expiry", "gauge", "Of the credential that the legacy route acts with.");
            foreach (var route in routes)
            {
                if (route.Credential is { ExpiresAt: { } end })
                {
                    text.Sample((end - now).TotalDays, ("route", route.Name));
                }
            }
        }
    }

    private void Backends(IMetricsSink text)
    {
        var backends = remotes.Status().Backends;
        if (backends.Count == 0)
        {
            return;
        }

        text.Family("enkryptify_backend_up", "gauge", "Whether the backend's last answer could be used.");
        foreach (var backend in backends.Where(backend => backend.State != "unknown"))
        {
            text.Sample(backend.State == "ok" ? 1 : 0, ("backend", backend.Name));
        }

        text.Family("enkryptify_backend_kept_answers", "gauge", "Last good answers in the offline cache.");
        foreach (var backend in backends)
        {
            text.Sample(backend.Entries, ("backend", backend.Name));
        }

        text.Family("enkryptify_backend_credential_days_to_expiry", "gauge", "Of the gateway's credential at the backend, where it tells.");
        foreach (var backend in backends)
        {
            if (backend.CredentialEnds is { } end)
            {
                text.Sample((end - time.GetUtcNow()).TotalDays, ("backend", backend.Name));
            }
        }
    }

    private void Telemetry(IMetricsSink text)
    {
        if (telemetry is not null)
        {
            text.Counter("enkryptify_telemetry_failures_total", "Exports of traces and metrics that the collector did not take.", telemetry.Failures);
        }
    }

    private void Process(IMetricsSink text)
    {
        text.Gauge("process_resident_memory_bytes", "Resident memory.", Environment.WorkingSet);
        text.Counter("process_cpu_seconds_total", "CPU time.", Environment.CpuUsage.TotalTime.TotalSeconds);
        text.Gauge("process_start_time_seconds", "When it started, in Unix time.", started.ToUnixTimeSeconds());
        text.Gauge("process_open_fds", "Open file descriptors.", Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        text.Gauge("dotnet_gc_heap_bytes", "The managed heap.", GC.GetTotalMemory(forceFullCollection: false));
        text.Family("dotnet_gc_collections_total", "counter", "Garbage collections.");
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            text.Sample(GC.CollectionCount(generation), ("generation", ((char)('0' + generation)).ToString()));
        }

        text.Counter("dotnet_gc_pause_seconds_total", "Time that collections held the program up.", GC.GetTotalPauseDuration().TotalSeconds);
        text.Gauge("dotnet_threadpool_threads", "Threads of the pool.", ThreadPool.ThreadCount);
        text.Gauge("dotnet_threadpool_queue_length", "Work that waits for a thread.", ThreadPool.PendingWorkItemCount);
    }

    private static double Size(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static double Free(string directory)
    {
        try
        {
            return new DriveInfo(directory).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return double.NaN;
        }
    }
}
