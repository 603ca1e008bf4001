using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// The values that one route injects. Whether its credential still stands, and reaches the environment, is asked of memory for each request; the values
/// themselves are read through the vault once, and again when anything that they rest on may have changed: a secret, the structure, a member, the
/// credential (invariant 7). Each read has its audit entry; a read that failed is not tried again until something changed.
/// </summary>
/// <param name="credential">The id that the configuration's name led to when it was loaded; null when it led to none.</param>
internal sealed class RouteSecrets(LegacyRoute route, InjectionPlan plan, Guid? credential, Authenticator authenticator, Structure structure, IRemoteWorkspaces remotes, Vault vault, TimeProvider time)
{
    private readonly SemaphoreSlim reading = new(1, 1);
    private readonly AuditTarget use = new("route", null, route.Name);
    private Reading? last;

    /// <summary>The workspace whose secrets these are; null while there is none of that name.</summary>
    public Guid? Workspace => structure.Find(route.Workspace)?.Id;

    public Guid? Credential => credential;

    /// <summary>When the values were last read anew.</summary>
    public DateTimeOffset? ReadAt => last?.At;

    /// <summary>Why the route would refuse a request now, or null. Asks memory alone: what is not read yet shows with the next request.</summary>
    public string? Problem() => (Authorise(null, "", noteUse: false, out _, out _) ?? last?.Outcome.Refusal)?.Reason;

    public async ValueTask<(Injection? Injection, RouteRefusal? Refusal)> Get(string? address, string requestId, CancellationToken aborted)
    {
        await Prepare(address, requestId).ConfigureAwait(false);
        if (Authorise(address, requestId, noteUse: true, out var caller, out var place) is { } refused)
        {
            return (null, refused);
        }

        if (Fresh(place) is { } known)
        {
            return (known.Injection, known.Refusal);
        }

        await reading.WaitAsync(aborted).ConfigureAwait(false);
        try
        {
            // Another request may have read meanwhile, or the right may have ended.
            if (Authorise(address, requestId, noteUse: true, out caller, out place) is { } ended)
            {
                return (null, ended);
            }

            if (Fresh(place) is not { } outcome)
            {
                outcome = await Read(caller, place).ConfigureAwait(false);
                last = new Reading(place, outcome, time.GetUtcNow());
            }

            return (outcome.Injection, outcome.Refusal);
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>On the state of this moment: the credential, its creator, and whether it may read that environment.</summary>
    private RouteRefusal? Authorise(string? address, string requestId, bool noteUse, out CredentialCaller caller, out ReadingPlace place)
    {
        (caller, place) = (null!, default);
        if (credential is not { } id)
        {
            return RouteRefusal.NoRight("route_credential_unknown");
        }

        if (authenticator.ActAs(id, address, requestId, noteUse).Refused(out var refusal, out caller))
        {
            return RouteRefusal.NoRight($"route_credential_{refusal.Reason}");
        }

        // The generation first: whatever is read afterwards is at least as new.
        if (structure.Find(caller.Credential.WorkspaceId) is not { } tree)
        {
            return RouteRefusal.NoRight("route_credential_unknown");
        }

        var generation = structure.Generations.Of(tree.Id);
        tree = structure.Find(tree.Id) ?? tree;
        if (structure.Find(route.Workspace)?.Id != tree.Id || caller.RightIn(tree) is not { } right || !right.Allows(Act.ReadSecrets))
        {
            return RouteRefusal.NoRight("route_scope");
        }

        if (tree.Remote?.Unavailable is not null)
        {
            return RouteRefusal.NoValue("route_backend_unavailable");
        }

        var view = new WorkspaceView(tree, right);
        if (view.Project(route.Project) is not { } project || view.Environment(project, route.Environment) is not { } environment)
        {
            return RouteRefusal.NoRight("route_scope");
        }

        place = new ReadingPlace(caller.Credential, environment.Id, generation);
        return null;
    }

    /// <summary>Of a remote workspace nobody tells when a value changes there, so a reading holds as long as an answer of the backend does.</summary>
    private (Injection? Injection, RouteRefusal? Refusal)? Fresh(ReadingPlace place) =>
        last is { } reading && reading.Place.Equals(place)
        && (structure.Find(place.Credential.WorkspaceId)?.Remote is not { } remote || time.GetUtcNow() - reading.At < remote.Fresh)
            ? reading.Outcome
            : null;

    /// <summary>The structure of a remote workspace, asked for with the right of the route's credential.</summary>
    private async ValueTask Prepare(string? address, string requestId)
    {
        if (credential is { } id && structure.Find(route.Workspace)?.Remote is not null && !authenticator.ActAs(id, address, requestId, false).Refused(out _, out var caller))
        {
            await remotes.Prepare(caller, route.Workspace).ConfigureAwait(false);
        }
    }

    private async ValueTask<(Injection?, RouteRefusal?)> Read(CredentialCaller caller, ReadingPlace place)
    {
        var query = new SecretQuery(route.Workspace, route.Project, place.Environment.ToString("D"), Resolve: true);
        if ((await vault.UseAll(caller, query, plan.Names, use).ConfigureAwait(false)).Refused(out var refusal, out var values))
        {
            return (null, refusal.Kind is RefusalKind.Unavailable or RefusalKind.BadGateway
                ? RouteRefusal.NoValue("route_backend_unavailable")
                : refusal.Kind == RefusalKind.NotFound && refusal.Code == Lookup.NoSecret.Code
                ? RouteRefusal.NoValue("route_secret_missing")
                : RouteRefusal.NoRight("route_scope"));
        }

        return plan.Render(values) is { } injection ? (injection, null) : (null, RouteRefusal.NoValue("route_value_unusable"));
    }

    /// <summary>What a reading rests on. The credential is compared as the object it is: a changed one is loaded anew.</summary>
    private readonly record struct ReadingPlace(Credential Credential, Guid Environment, long Generation)
    {
        public bool Equals(ReadingPlace other) => ReferenceEquals(Credential, other.Credential) && Environment == other.Environment && Generation == other.Generation;

        public override int GetHashCode() => HashCode.Combine(Environment, Generation);
    }

    private sealed record Reading(ReadingPlace Place, (Injection? Injection, RouteRefusal? Refusal) Outcome, DateTimeOffset At);
}
