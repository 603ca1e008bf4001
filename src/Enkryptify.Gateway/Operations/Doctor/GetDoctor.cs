using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Forwarding.Backends;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Http.Tls;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Operations.Telemetry;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Storage.Backup;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Operations.Doctor;

/// <summary>
/// GET /doctor, for the local operator alone: what only the running gateway knows. It asks each issuer for its keys, at most <see cref="MostIssuers"/> of them and
/// <see cref="AtOnce"/> at a time, each within the fetcher's own limits.
/// </summary>
internal sealed class GetDoctor(Database database, IssuerKeys issuerKeys, Readiness readiness, RemoteWorkspaces remotes, ServerTls? tls, Backups backups, Func<IEnumerable<Finding>> routeFindings, TelemetryExport? telemetry, TimeProvider time, AuditTrail audit)
{
    private const int MostIssuers = 64;
    private const int AtOnce = 8;

    public void Map(RouteTable routes) => routes.Get("/doctor", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        Outcome<Done> allowed;
        try
        {
            allowed = await audit.Read<Done>(call.Caller, new AuditDraft(AuditAction.Examine, new AuditTarget("gateway")), () =>
                call.Caller is OperatorCaller ? Done.Value : Refusal.Forbidden("only the local operator examines the gateway")).ConfigureAwait(false);
        }
        catch (Exception error) when (call.Caller is OperatorCaller && error is SqliteException or StorageException or StorageFullException)
        {
            // Without an entry nothing is examined. What /readyz tells anybody needs none, and says why there is none.
            return Told([.. Ready(), Finding.Problem("gateway", $"only its readiness was looked at, since no audit entry can be written: {error.Message}", "mend what is not ready, then ask again")]);
        }

        return allowed.Refused(out var refusal, out _) ? Reply.Refused(refusal) : Told([.. Ready(), .. Live(), .. await Issuers(call.Aborted).ConfigureAwait(false)]);
    }

    private static Reply Told(IReadOnlyList<Finding> findings) => Reply.Ok(new FindingsBody(findings), DoctorJson.Default.FindingsBody);

    private IEnumerable<Finding> Ready() => readiness.Check().Select(check => check.Problem is null
        ? Finding.Ok("ready-" + check.Name, "ok")
        : Finding.Problem(
            "ready-" + check.Name, check.Problem,
            check.Name == "writer" ? "see the log for the disk's error; free space, then restart if it says so" : "see the log; load balancers send no traffic here meanwhile"));

    private IEnumerable<Finding> Live()
    {
        if (tls is { Problem: { } rejected })
        {
            yield return Finding.Problem("tls-reload", $"the TLS files on the disk are not what is served: {rejected}", "lay out a certificate and key that fit, then send SIGHUP (systemctl reload enkryptify-gateway)");
        }

        if (backups.LastProblem is { } failed)
        {
            yield return Finding.Problem("backup-failed", $"the last backup failed: {failed}", "mend that, then make one: enkryptify-gateway backup");
        }

        if (telemetry is { Problem: { } untaken })
        {
            yield return Finding.Warning("telemetry", $"the collector does not take traces and metrics: {untaken}", "check telemetry.endpoint, its headers and ca_file, and the collector; nothing else waits for it");
        }

        foreach (var backend in remotes.Status().Backends)
        {
            yield return Backend(backend);
        }

        foreach (var finding in routeFindings())
        {
            yield return finding;
        }

        foreach (var warning in issuerKeys.Warnings())
        {
            yield return Finding.Warning(
                "issuer-keys", $"issuer {warning.Issuer.Name} ({warning.Issuer.Id:D}) was shown tokens of a key that is not among its uploaded ones",
                "if its cluster rolled its keys over, upload the new set: enkryptify-gateway issuer keys (docs/kubernetes.md)");
        }
    }

    private Finding Backend(BackendStatus backend) => backend switch
    {
        { State: "refused" } => Finding.Problem(
            "backend", $"backend {backend.Name} refuses the gateway's credential", "make a new one over there and put it where the configuration's credential is; it is read without a restart"),
        { State: "failing" } => Finding.Problem(
            "backend", $"backend {backend.Name} gives no answers: {backend.LastReason}", "check its url, ca_file and the way there; kept answers are served meanwhile, if the cache is on"),
        { CredentialEnds: { } end } when end - time.GetUtcNow() < BackendStatus.WarnedBefore => Finding.Warning(
            "backend", $"the gateway's credential at backend {backend.Name} ends {end:u}", "renew it, or put a new one where the configuration's credential is"),
        { LeftOut: > 0 } => Finding.Warning(
            "backend", $"{backend.LeftOut} secrets of backend {backend.Name} are left out", "their names or values are not of a form that is served here (docs/legacy-apps.md): rename them over there"),
        { State: "unknown" } => Finding.Ok("backend", $"backend {backend.Name} was not asked yet"),
        _ => Finding.Ok("backend", $"backend {backend.Name} answers"),
    };

    private async Task<IReadOnlyList<Finding>> Issuers(CancellationToken aborted)
    {
        List<Issuer> asked;
        try
        {
            asked = [.. database.Structure.All.SelectMany(tree => database.Readers.Read(sql => IssuerRows.Of(sql, tree.Id))).Where(issuer => issuer.Discovery).Take(MostIssuers)];
        }
        catch (SqliteException error)
        {
            return [Finding.Problem("issuer", $"the issuers cannot be read: {error.Message}", "see what is said of the database")];
        }

        var findings = new Finding[asked.Count];
        await Parallel.ForAsync(0, asked.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = aborted }, async (i, stop) =>
        {
            var issuer = asked[i];
            findings[i] = await issuerKeys.Try(issuer, stop).ConfigureAwait(false) is { } problem
                ? Finding.Problem(
                    "issuer", $"issuer {issuer.Name} ({issuer.Id:D}) gives no keys: {problem}",
                    "check its URL, CA and token (enkryptify-gateway issuer list) and the way there; known keys serve on meanwhile, new ones are not learnt")
                : Finding.Ok("issuer", $"issuer {issuer.Name} gives its keys");
        }).ConfigureAwait(false);
        return findings;
    }
}
