using System.Text.Json.Serialization;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>POST /v1/backup begins one, GET /v1/backup tells how it goes: for the local operator at the admin socket alone.</summary>
internal sealed class BackupEndpoints(Backups backups)
{
    private const int LongestPath = 4096;

    public void Map(RouteTable routes)
    {
        routes.Get("/v1/backup", RouteAccess.Proven, async call => Answer(await backups.Status(call.Caller)));
        routes.Post("/v1/backup", RouteAccess.Proven, Begin);
    }

    private async ValueTask<Reply> Begin(Call call)
    {
        string? to = null;
        if (call.HasBody)
        {
            if ((await call.Body()).Refused(out var malformed, out var body))
            {
                return Reply.Refused(malformed);
            }

            // Who may make none learns nothing of how it is asked for: the store refuses them, and notes it.
            body.NoOthers("to");
            to = body.OptionalText("to", 1, LongestPath);
            if (to is not null && (!Path.IsPathFullyQualified(to) || to.Any(char.IsControl)))
            {
                body.Complain("to", "must be an absolute path");
            }

            if (body.Problem is { } problem && call.Caller is Identity.OperatorCaller)
            {
                return Reply.Refused(problem);
            }
        }

        return Answer(await backups.Begin(call.Caller, to is null ? null : Path.GetFullPath(to)));
    }

    private static Reply Answer(Access.Outcome<BackupStatusBody> outcome) => Reply.Of(outcome, status => Reply.Ok(status, BackupJson.Default.BackupStatusBody));
}

/// <param name="Running">The one that is being made, if any.</param>
/// <param name="Last">How the last one since the start ended.</param>
/// <param name="TakenAt">When the newest one that succeeded was taken, also before the start.</param>
/// <param name="Directory">Where they go unless told.</param>
internal sealed record BackupStatusBody(
    BackupRunBody? Running, BackupResultBody? Last, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? TakenAt, string Directory);

internal sealed record BackupRunBody(Guid Id, string Phase, long Done, long Total);

/// <param name="Problem">Null when it succeeded.</param>
internal sealed record BackupResultBody(
    Guid Id, string Path, bool Scheduled, DateTime EndedAt, DateTime? TakenAt, long? Bytes, long? Entries, string? MasterKeyId, string? Problem);
