using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>One backend: what is known of its structure now, and its secrets by environment.</summary>
internal sealed class Backend : IDisposable
{
    private const string StructurePath = "structure";

    private static readonly Absences NoStructure = new(
        new Refusal(RefusalKind.BadGateway, "backend_refused", "The backend has no such workspace for the gateway's credential"),
        new Refusal(RefusalKind.BadGateway, "backend_refused", "The backend does not let the gateway's credential read this workspace"));

    private static readonly Absences NoSecrets = new(
        Lookup.NoEnvironment, Refusal.Forbidden("the backend does not let the gateway read this environment") with { Reason = "backend_forbidden" });

    private static readonly Refusal TooOld = new(
        RefusalKind.Unavailable, "backend_unavailable", "The backend of this workspace is not available, and what was kept of its structure is too old");

    private readonly BackendConfig config;
    private readonly IBackendSource source;
    private readonly OfflineCache offline;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly BackendHealth health;
    private readonly KeptAnswers<RemoteStructure> structures;
    private readonly KeptAnswers<RemoteSecrets> secrets;
    private readonly CancellationTokenSource stop = new();
    private readonly RemoteState expired;
    private volatile Known known;
    private readonly ConcurrentDictionary<Guid, int> leftOut = [];

    public Backend(BackendConfig config, IBackendSource source, OfflineCache offline, TimeProvider time, ILogger log)
    {
        (this.config, this.source, this.offline, this.time, this.log) = (config, source, offline, time, log);
        Owner = OwnerOf(config);
        health = new BackendHealth(time);
        structures = new KeptAnswers<RemoteStructure>(
            Owner, config.Timeout, config.StructureFresh, config.MaxStale, offline, new KeptStructureForm(), health, NoStructure, CredentialEnded, time, stop.Token);
        secrets = new KeptAnswers<RemoteSecrets>(
            Owner, config.Timeout, config.Fresh, config.MaxStale, offline, new KeptSecretsForm(), health, NoSecrets, CredentialEnded, time, stop.Token);
        expired = Without(TooOld);
        known = new Known(null, Without(new Refusal(RefusalKind.Unavailable, "backend_unavailable", "The backend of this workspace was not reached yet")));
    }

    public BackendConfig Config => config;

    /// <summary>Whose answers they are in the offline cache: changes with whatever makes it another backend.</summary>
    public string Owner { get; }

    /// <summary>The structure as far as it is known and not too old. Asks memory alone.</summary>
    public RemoteState State
    {
        get
        {
            var now = known;
            return now.Structure is { } kept && time.GetUtcNow() - kept.At > (config.MaxStale ?? TimeSpan.MaxValue) ? expired : now.State;
        }
    }

    /// <summary>What the file holds of the structure, so that a start in an outage knows it.</summary>
    public bool Restore()
    {
        if (structures.FromFile(StructurePath) is not { } kept)
        {
            return false;
        }

        Take(kept);
        return true;
    }

    /// <summary>Asks for the structure when what is known is not fresh. How that went is in <see cref="State"/>.</summary>
    public async ValueTask Refresh()
    {
        var outcome = await structures.Get(StructurePath, source.Structure).ConfigureAwait(false);
        if (outcome.Refused(out var refusal, out var kept))
        {
            if (known.State.Unavailable != refusal)
            {
                known = new Known(null, Without(refusal));
                log.LogWarning("backend {Name}: {Problem}", config.Name, refusal.Message);
            }

            return;
        }

        Take(kept);
    }

    /// <summary>Asks for the structure as it is now, whatever is fresh or kept: a change is about to be judged by it.</summary>
    /// <returns>Why it is not known, or null.</returns>
    public async ValueTask<Refusal?> RefreshNow()
    {
        var outcome = await structures.Now(StructurePath, source.Structure).ConfigureAwait(false);
        if (outcome.Refused(out var refusal, out var structure))
        {
            known = refusal.Kind == RefusalKind.Unavailable ? known : new Known(null, Without(refusal));
            return refusal;
        }

        Take(structure);
        return null;
    }

    /// <summary>The secrets of an environment of the tree's structure. The caller was found to see it, or is about to change a secret that may reach into it.</summary>
    /// <param name="now">Nothing that is fresh or was kept: the backend's answer, or none.</param>
    public async ValueTask<Outcome<RemoteEnvironment>> Secrets(WorkspaceTree tree, Env environment, bool now = false)
    {
        if (known.Structure?.Value.Workspace is not { } workspace || tree.Project(environment.ProjectId) is not { } project)
        {
            return State.Unavailable ?? NoSecrets.Missing;
        }

        Task<RemoteSecrets> Ask(CancellationToken limit) => source.Secrets(workspace, project, environment, limit);
        var path = PathOf(workspace, environment);
        var outcome = await (now ? secrets.Now(path, Ask) : secrets.Get(path, Ask)).ConfigureAwait(false);
        if (outcome.Refused(out var refusal, out var kept))
        {
            return refusal;
        }

        if (leftOut.GetValueOrDefault(environment.Id) != kept.Value.LeftOut)
        {
            leftOut[environment.Id] = kept.Value.LeftOut;
            log.LogWarning(
                "backend {Name}: {Count} secrets of {Project}/{Environment} are left out: their names or values are not of a form that is served here",
                config.Name, kept.Value.LeftOut, project.Slug, environment.Name);
        }

        return new RemoteEnvironment(kept.Value.Secrets, kept.Value.LeftOut, kept.IsKept ? kept.At : null);
    }

    /// <summary>
    /// Sends a change, once. What was kept of the environments that it reaches is gone before this returns, unless it certainly did not happen: who is
    /// refused must not take the last good answers away.
    /// </summary>
    public async ValueTask<Outcome<Done>> Write(RemoteChange change)
    {
        if (source is not EnkryptifySource gateway || !config.Writable || known.Structure?.Value.Workspace is not { } workspace)
        {
            return State.Unavailable ?? Lookup.ReadOnly;
        }

        if (health.Away() is { } away)
        {
            return BackendWrites.NotSent(away);
        }

        var reached = true;
        try
        {
            using var limit = new CancellationTokenSource(config.Timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop.Token);
            var refusal = await gateway.Writes.Send(workspace, change, either.Token).ConfigureAwait(false);
            reached = BackendWrites.Moved(refusal);
            health.Succeeded();
            return refusal is null ? Done.Value : refusal;
        }
        catch (BackendRefusal)
        {
            reached = false;
            health.CredentialRefused();
            CredentialEnded();
            return KeptAnswers<RemoteSecrets>.CredentialRefused;
        }
        catch (BackendFailure failure)
        {
            reached = !failure.IsUndone;
            health.Failed(failure.Message, failure.Away);
            return reached ? BackendWrites.Unknown(failure.Message) : BackendWrites.NotSent(failure.Message);
        }
        catch (OperationCanceledException)
        {
            var reason = stop.IsCancellationRequested ? "this gateway was stopped while it waited" : $"it did not answer within {config.Timeout.TotalSeconds:0} seconds";
            health.Failed(reason, away: true);
            return BackendWrites.Unknown(reason);
        }
        finally
        {
            if (reached)
            {
                Forget(workspace, change);
            }
        }
    }

    /// <summary>Drops all answers, in memory and on the disk; how many the latter were.</summary>
    public int Clear() =>
        Clear(new Refusal(RefusalKind.Unavailable, "backend_unavailable", "The backend of this workspace was not reached since its answers were cleared"));

    public BackendStatus Status() => new(
        config.Name, config.Kind == BackendKind.Kv2 ? "kv2" : "enkryptify", config.Workspace, config.Url.GetLeftPart(UriPartial.Authority),
        health.RefusesCredential ? "refused" : health.IsFailing ? "failing" : health.LastSuccess is null ? "unknown" : "ok",
        health.LastSuccess, health.LastFailure, health.LastReason, config.MaxStale, offline.Count(Owner), leftOut.Values.Sum(), source.CredentialEnds, config.Writable);

    public void Dispose()
    {
        stop.Cancel();
        source.Dispose();
    }

    private static string OwnerOf(BackendConfig config)
    {
        var identity = string.Join('\0', config.Kind, config.Url.AbsoluteUri, config.Workspace, config.RemoteWorkspace, config.KeyValue?.Namespace, config.KeyValue?.Mount, config.KeyValue?.Path);
        return $"{Prefix}{config.Name}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 8))}";
    }

    public const string Prefix = "backend/";

    private static string PathOf(Guid workspace, Env environment) => $"{workspace:D}/{environment.ProjectId:D}/{environment.Id:D}";

    private void Take(Kept<RemoteStructure> kept)
    {
        var before = known;
        if (before.Structure is { } same && same.At == kept.At && same.IsKept == kept.IsKept && (kept.IsKept || ReferenceEquals(same.Value, kept.Value)))
        {
            return;
        }

        if (!kept.IsKept && before.Structure is { IsKept: false } newer && newer.At > kept.At)
        {
            // It was asked for before the one that a change was judged by.
            return;
        }

        known = new Known(kept, new RemoteState(config.Name, config.Writable, kept.Value.Teams, config.Fresh, kept.IsKept ? kept.At : null, null));
        if (!kept.IsKept)
        {
            // What is no longer in its structure must not come back in an outage.
            var paths = kept.Value.Teams.SelectMany(team => team.Projects).SelectMany(project => project.Environments)
                .Select(environment => PathOf(kept.Value.Workspace, environment)).Append(StructurePath).ToHashSet();
            offline.RemoveAll(Owner, path => !paths.Contains(path));
        }
    }

    /// <summary>Of the other environments only what is fresh: a change moves the times of a secret there too, and what was kept of them is still good.</summary>
    private void Forget(Guid workspace, RemoteChange change)
    {
        foreach (var environment in change.Project.Environments)
        {
            secrets.Changed(PathOf(workspace, environment), delete: change.Touched.Any(touched => touched.Id == environment.Id));
        }
    }

    private int Clear(Refusal because)
    {
        structures.Forget();
        secrets.Forget();
        var cleared = offline.RemoveAll(Owner, _ => true);
        leftOut.Clear();
        known = new Known(null, Without(because));
        return cleared;
    }

    private void CredentialEnded()
    {
        var cleared = Clear(KeptAnswers<RemoteSecrets>.CredentialRefused);
        log.LogError("backend {Name}: it refuses the gateway's credential; {Count} kept answers were deleted", config.Name, cleared);
    }

    private RemoteState Without(Refusal refusal) => new(config.Name, config.Writable, [], config.Fresh, null, refusal);

    private sealed record Known(Kept<RemoteStructure>? Structure, RemoteState State);
}
