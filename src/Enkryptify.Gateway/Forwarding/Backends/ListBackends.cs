using System.Text.Json.Serialization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>
/// GET /v1/workspace/{ws}/backends: the backend that this workspace is read from, if there is one, and how it does, for admins. It is made in the
/// configuration file and nowhere else.
/// </summary>
internal sealed class ListBackends(RemoteWorkspaces remotes, Database database, AuditTrail audit)
{
    public void Map(RouteTable table) => table.Get("/v1/workspace/{ws}/backends", RouteAccess.Proven, Handle);

    public ValueTask<Outcome<IReadOnlyList<BackendBody>>> List(Caller caller, string workspace)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("backend"));
        return audit.Read<IReadOnlyList<BackendBody>>(caller, draft, () =>
        {
            if (database.Structure.View(caller, workspace, Act.ManageAllowList, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            // Its state is that of the whole workspace, not of a part of it.
            if (!view.Right.Covers(Place.Workspace))
            {
                return Lookup.NotAllowed;
            }

            return Outcome.Of<IReadOnlyList<BackendBody>>(remotes.BackendOf(view.Workspace) is { } backend ? [BackendBody.Of(backend.Status())] : []);
        });
    }

    private async ValueTask<Reply> Handle(Call call) =>
        Reply.Of(await List(call.Caller, call.Segment("ws")), list => Reply.Ok(list, BackendJsonContext.Default.IReadOnlyListBackendBody));
}

internal sealed record BackendBody(
    string Name, string Kind, string Url, string State, DateTime? LastSuccess, DateTime? LastFailure, string? LastReason, int? MaxStaleSeconds, int KeptAnswers,
    int SecretsLeftOut, DateTime? CredentialEnds, bool Writable)
{
    public static BackendBody Of(BackendStatus status) => new(
        status.Name, status.Kind, status.Origin, status.State, status.LastSuccess?.UtcDateTime, status.LastFailure?.UtcDateTime, status.LastReason,
        status.MaxStale is { } age ? (int)age.TotalSeconds : null, status.Entries, status.LeftOut, status.CredentialEnds?.UtcDateTime, status.Writable);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<BackendBody>))]
[JsonSerializable(typeof(ClearedBody))]
internal sealed partial class BackendJsonContext : JsonSerializerContext;
