using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>POST /v1/cache/clear: the kept answers of one backend, or of all, for the local operator at the admin socket alone.</summary>
internal sealed class ClearCache(RemoteWorkspaces remotes, AuditTrail audit)
{
    public void Map(RouteTable routes) => routes.Post("/v1/cache/clear", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        string? backend = null;
        if (call.HasBody && call.Caller is OperatorCaller)
        {
            if ((await call.Body()).Refused(out var malformed, out var body))
            {
                return Reply.Refused(malformed);
            }

            body.NoOthers("backend");
            backend = body.OptionalText("backend", 1, 48);
            if (body.Problem is { } problem)
            {
                return Reply.Refused(problem);
            }
        }

        return Reply.Of(await Clear(call.Caller, backend), cleared => Reply.Ok(new ClearedBody(cleared), BackendJsonContext.Default.ClearedBody));
    }

    private ValueTask<Outcome<int>> Clear(Caller caller, string? backend)
    {
        var draft = new AuditDraft(AuditAction.Clear, new AuditTarget("backend"));
        return audit.Read<int>(caller, draft, () =>
        {
            if (caller is not OperatorCaller)
            {
                return Lookup.NotAllowed;
            }

            if (remotes.Clear(backend) is not { } cleared)
            {
                return Refusal.NotFound("Backend");
            }

            // Only a name that there is: what a caller made up is not repeated.
            draft.Target = new AuditTarget("backend", null, backend);
            draft.Add("count", cleared);
            return cleared;
        });
    }
}

/// <param name="Cleared">How many kept answers there were.</param>
internal sealed record ClearedBody(int Cleared);
