using System.Collections.Immutable;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>
/// A proxied call from gate to log. The order is the safety of it:
/// <code>
/// 1 place    the workspace, project and environment as the caller sees them; what they do not see is missing
/// 2 gate     the workspace's allow-list, on the origin as written: no value has been read yet
/// 3 slot     so many calls of a workspace at once
/// 4 values   read by the vault as the caller, which names them in its own entry (VIEW) before they leave it
/// 5 send     the second gate judges the address where the connection is made
/// 6 log      one PROXY entry, however it ended; an answer is handed on only when it is written
/// </code>
/// </summary>
internal sealed class ProxyCalls(
    ProxyConfig config, string publicUrl, Database database, IRemoteWorkspaces remotes, AllowLists lists, Vault vault, Upstream upstream, AuditTrail audit, TimeProvider time)
{
    private static readonly Refusal SwitchedOff = Refusal.Forbidden("the operator has switched the proxy off") with { Code = "proxy_disabled" };

    private readonly WorkspaceSlots slots = new(config.MaxConcurrentPerWorkspace);

    public ProxyConfig Config => config;

    /// <summary>Sends the request and gives the head of the answer; the body is streamed from it.</summary>
    public Task<Outcome<UpstreamAnswer>> Stream(Caller caller, ProxyRequest request, CancellationToken gone) =>
        Logged(caller, request, config.StreamTimeout, gone, plainOnly: false, static (answer, _) => Task.FromResult<Outcome<UpstreamAnswer>>(answer));

    /// <summary>Sends the request and reads the whole answer, within its limits of time and size.</summary>
    public Task<Outcome<Envelope>> Whole(Caller caller, ProxyRequest request, CancellationToken gone) =>
        Logged(caller, request, config.Timeout, gone, plainOnly: true, async (answer, cancel) =>
        {
            using (answer)
            {
                return await Envelope.Read(answer.Response, config.MaxEnvelopeBytes, cancel).ConfigureAwait(false);
            }
        });

    private async Task<Outcome<T>> Logged<T>(
        Caller caller, ProxyRequest request, TimeSpan inAll, CancellationToken gone, bool plainOnly, Func<UpstreamAnswer, CancellationToken, Task<Outcome<T>>> take)
    {
        var draft = new AuditDraft(AuditAction.Proxy, new AuditTarget("host", null, request.Url.Origin.Host));
        draft.Add("method", request.Method);
        draft.Add("origin", request.Url.Origin.ToString());
        draft.Add("path", request.Url.LoggedPath);
        var began = time.GetTimestamp();
        var head = new CancellationTokenSource(config.Timeout, time);
        var whole = new CancellationTokenSource(inAll, time);
        var either = CancellationTokenSource.CreateLinkedTokenSource(head.Token, whole.Token, gone);
        UpstreamAnswer? answer = null;
        Outcome<T> outcome;
        try
        {
            if ((await Send(caller, request, draft, plainOnly, either.Token).ConfigureAwait(false)).Refused(out var refusal, out answer!))
            {
                outcome = refusal;
            }
            else
            {
                // From here on only the limit for all of it counts.
                head.CancelAfter(Timeout.InfiniteTimeSpan);
                answer.Limits = (either.Token, [either, head, whole]);
                draft.Add("status", (int)answer.Response.StatusCode);
                outcome = await take(answer, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            outcome = Upstream.TimedOut();
        }
        catch (OperationCanceledException)
        {
            outcome = new Refusal(RefusalKind.BadGateway, "caller_gone", "The caller has gone");
        }
        catch (IOException)
        {
            outcome = Upstream.CutShort();
        }

        try
        {
            draft.Add("milliseconds", (long)time.GetElapsedTime(began).TotalMilliseconds);
            await audit.Record(caller, draft, outcome.Refusal).ConfigureAwait(false);
        }
        catch
        {
            answer?.Dispose();
            throw;
        }

        if (outcome.Refusal is not null || answer is null)
        {
            answer?.Dispose();
            either.Dispose();
            head.Dispose();
            whole.Dispose();
        }

        return outcome;
    }

    private async Task<Outcome<UpstreamAnswer>> Send(Caller caller, ProxyRequest request, AuditDraft draft, bool plainOnly, CancellationToken cancel)
    {
        await remotes.Prepare(caller, request.Workspace).ConfigureAwait(false);
        if (Place(caller, request, draft).Refused(out var refusal, out var workspace))
        {
            return refusal;
        }

        if (Gate(workspace, request.Url.Origin) is { } closed)
        {
            return closed;
        }

        if (slots.Take(workspace) is not { } slot)
        {
            return Refusal.RateLimited() with { Message = "Too many proxied calls of this workspace at once", Reason = "too_many_at_once" };
        }

        try
        {
            if ((await Values(caller, request).ConfigureAwait(false)).Refused(out refusal, out var values))
            {
                slot.Dispose();
                return refusal;
            }

            draft.Add("secrets", (IReadOnlyList<string>)[.. values.Keys]);
            if (Upstream.Build(request, values, plainOnly).Refused(out refusal, out var message))
            {
                slot.Dispose();
                return refusal;
            }

            if ((await upstream.Send(message, cancel).ConfigureAwait(false)).Refused(out refusal, out var response))
            {
                message.Dispose();
                slot.Dispose();
                return refusal;
            }

            return new UpstreamAnswer(response, message, slot);
        }
        catch
        {
            slot.Dispose();
            throw;
        }
    }

    /// <summary>The workspace, when the caller may read secrets there and sees the environment.</summary>
    private Outcome<Guid> Place(Caller caller, ProxyRequest request, AuditDraft draft)
    {
        if (database.Structure.View(caller, request.Workspace, Act.ReadSecrets, draft).Refused(out var refusal, out var view))
        {
            return refusal;
        }

        draft.Add("project", view.Tree.Project(request.Project)?.Slug);
        if (view.Project(request.Project) is not { } project)
        {
            return Lookup.NoProject;
        }

        draft.Add("environment", view.Tree.Environment(project, request.Environment)?.Name);
        return view.Environment(project, request.Environment) is null ? Lookup.NoEnvironment
            : time.GetUtcNow() >= caller.ProofEnds ? Refusal.Unauthenticated("ended_meanwhile")
            : !config.Enabled ? SwitchedOff
            : view.Tree.Id;
    }

    private Refusal? Gate(Guid workspace, Origin origin) =>
        !lists.Allows(workspace, origin) ? new Refusal(RefusalKind.Forbidden, "host_not_allowed", $"Host \"{origin.Host}\" is not on the whitelist for this workspace")
        : origin.ToString() == Own ? new Refusal(RefusalKind.Forbidden, "address_not_allowed", $"Host \"{origin.Host}\" leads to an address that this gateway does not open", "gateway_itself")
        : null;

    /// <summary>Where clients reach this gateway, perhaps through a proxy at another address: it must not call itself.</summary>
    private string Own { get; } = Uri.TryCreate(publicUrl, UriKind.Absolute, out var url) && !Origin.Parse("", url.Scheme, url.Authority).Refused(out _, out var own) ? own.ToString() : "";

    private async ValueTask<Outcome<IReadOnlyDictionary<string, Sensitive>>> Values(Caller caller, ProxyRequest request) => request.HasCandidate
        ? await vault.Use(caller, new SecretQuery(request.Workspace, request.Project, request.Environment, Resolve: true), request.Personal, request.Names).ConfigureAwait(false)
        : Outcome.Of<IReadOnlyDictionary<string, Sensitive>>(ImmutableDictionary<string, Sensitive>.Empty);
}
