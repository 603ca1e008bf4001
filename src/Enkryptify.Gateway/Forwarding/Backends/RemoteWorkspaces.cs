using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>All backends, by the workspaces that are remote through them.</summary>
internal sealed class RemoteWorkspaces : IRemoteSecrets, IDisposable
{
    private readonly Dictionary<string, Backend> byWorkspace;
    private readonly Database database;
    private readonly LiveCredentials live;
    private readonly OfflineCache offline;
    private readonly TimeProvider time;

    /// <exception cref="UnusableSettingException">A credential or a CA file cannot be used.</exception>
    public RemoteWorkspaces(
        IEnumerable<BackendConfig> configs, Database database, LiveCredentials live, OfflineCache offline, TimeProvider time, ILogger<RemoteWorkspaces> log)
    {
        (this.database, this.live, this.offline, this.time) = (database, live, offline, time);
        byWorkspace = configs.ToDictionary(
            config => config.Workspace,
            config => new Backend(config, config.Kind == BackendKind.Kv2 ? new Kv2Source(config, time) : new EnkryptifySource(config, time), offline, time, log),
            StringComparer.OrdinalIgnoreCase);
        var owners = byWorkspace.Values.Select(backend => backend.Owner).ToHashSet();
        offline.RemoveOwners(owner => owner.StartsWith(Backend.Prefix, StringComparison.Ordinal) && !owners.Contains(owner));
        database.Structure.Remotes = this;
    }

    public IReadOnlyCollection<Backend> All => byWorkspace.Values;

    public BackendsStatus Status() => new([.. byWorkspace.Values.Select(backend => backend.Status())]);

    public Backend? BackendOf(Workspace workspace) =>
        byWorkspace.Count == 0 ? null
        : byWorkspace.GetValueOrDefault(workspace.Id.ToString("D")) ?? byWorkspace.GetValueOrDefault(workspace.Slug);

    public RemoteState? Of(Workspace workspace) => BackendOf(workspace)?.State;

    /// <summary>The structures are known when this returns, from the backends or from the file, or each backend has had its time.</summary>
    public Task Start() => Task.WhenAll(byWorkspace.Values.Where(backend => !backend.Restore()).Select(backend => backend.Refresh().AsTask()));

    public ValueTask Prepare(Caller caller, string workspace)
    {
        // By far the most workspaces are not remote, and who has no right in one makes nothing happen.
        if (byWorkspace.Count == 0 || database.Structure.Find(workspace) is not { Remote: not null } tree || caller.RightIn(tree) is null || BackendOf(tree.Workspace) is not { } backend)
        {
            return default;
        }

        return Refreshed(caller, backend);
    }

    public async ValueTask<Refusal?> PrepareChange(Caller caller, string workspace)
    {
        if (database.Structure.Find(workspace) is { Remote: not null } tree && caller.RightIn(tree)?.Allows(Act.WriteSecrets) == true && BackendOf(tree.Workspace) is { } backend)
        {
            return await backend.RefreshNow().ConfigureAwait(false);
        }

        await Prepare(caller, workspace).ConfigureAwait(false);
        return null;
    }

    public async ValueTask<Outcome<RemoteEnvironment>> Read(WorkspaceTree tree, Env environment) =>
        BackendOf(tree.Workspace) is { } backend ? await backend.Secrets(tree, environment).ConfigureAwait(false) : Lookup.NoEnvironment;

    public async ValueTask<Outcome<RemoteEnvironment>> ReadNow(WorkspaceTree tree, Env environment) =>
        BackendOf(tree.Workspace) is { } backend ? await backend.Secrets(tree, environment, now: true).ConfigureAwait(false) : Lookup.NoEnvironment;

    public async ValueTask<Outcome<Done>> Write(WorkspaceTree tree, RemoteChange change) =>
        BackendOf(tree.Workspace) is { } backend ? await backend.Write(change).ConfigureAwait(false) : Lookup.ReadOnly;

    public bool StillStands(Caller caller) => caller switch
    {
        CredentialCaller machine => live.ById(machine.Credential.Id) is { } now && now.Version == machine.Credential.Version && now.Ended(time.GetUtcNow()) is null,
        LoginCaller person => database.Readers.Read(sql => sql.Any("SELECT 1 FROM session WHERE id = ?1 AND ended_at IS NULL", person.Session.Id)),
        _ => true,
    };

    /// <summary>The kept answers of one backend, or of all; null when there is none of that name.</summary>
    public int? Clear(string? name)
    {
        var meant = byWorkspace.Values.Where(backend => name is null || backend.Config.Name == name).ToList();
        return meant.Count == 0 && name is not null ? null : meant.Sum(backend => backend.Clear());
    }

    public void Dispose()
    {
        foreach (var backend in byWorkspace.Values)
        {
            backend.Dispose();
        }
    }

    private async ValueTask Refreshed(Caller caller, Backend backend)
    {
        await backend.Refresh().ConfigureAwait(false);
        if (backend.State.KeptSince is { } since)
        {
            caller.GivenKept(time.GetUtcNow() - since);
        }
    }
}
