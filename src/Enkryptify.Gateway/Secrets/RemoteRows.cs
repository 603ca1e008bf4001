using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>A secret of a backend as it stands in one environment. What it holds is shared: a backend's credential has no personal values.</summary>
internal sealed record RemoteSecret(SecretRow Row, Sensitive Value);

/// <summary>What a backend holds in one environment.</summary>
/// <param name="LeftOut">How many it has beside these that are not of a form that is served here.</param>
/// <param name="KeptSince">When it was given, if the backend could not be asked now.</param>
internal sealed record RemoteEnvironment(IReadOnlyList<RemoteSecret> Secrets, int LeftOut, DateTimeOffset? KeptSince);

/// <summary>Where the secrets of remote workspaces are asked for.</summary>
internal interface IRemoteSecrets : IRemoteWorkspaces
{
    /// <summary>As Prepare, for a change: who may write is judged on the structure as the backend gives it now.</summary>
    /// <returns>Why that is not known, or null.</returns>
    ValueTask<Refusal?> PrepareChange(Caller caller, string workspace);

    /// <summary>Of a place that the caller was found to see. A refusal says why there is none: missing, forbidden, or the backend is away.</summary>
    ValueTask<Outcome<RemoteEnvironment>> Read(WorkspaceTree tree, Env environment);

    /// <summary>The same as it is there now, past what is fresh or kept, for somebody who is about to change it.</summary>
    ValueTask<Outcome<RemoteEnvironment>> ReadNow(WorkspaceTree tree, Env environment);

    /// <summary>Sends a change that the caller was found to be allowed, once. A refusal says whether it may have happened.</summary>
    ValueTask<Outcome<Done>> Write(WorkspaceTree tree, RemoteChange change);

    /// <summary>Whether the caller's proof, asked for again after a wait, still holds.</summary>
    bool StillStands(Caller caller);
}

/// <summary>
/// The rows of a remote workspace, out of what the backend answered so far. What is asked for and not there yet is noted in <see cref="Lacking"/>, and the
/// read is done again when it has come. Nothing outside the caller's view is ever noted, and so never asked for, but for <see cref="Holders"/> and
/// <see cref="NamesOutOfSight"/>, of which no value leaves here.
/// </summary>
internal sealed class RemoteRows(WorkspaceView view, IReadOnlyDictionary<Guid, Outcome<RemoteEnvironment>> known) : ISecretRows
{
    private readonly HashSet<Guid> lacking = [];

    public IReadOnlyCollection<Guid> Lacking => lacking;

    /// <summary>Why what was read is not whole, when the backend did not give all that it takes.</summary>
    public Refusal? Problem { get; private set; }

    public List<(SecretRow Secret, ValueHead Value)> OfProject(Project project, string owner) => Rows(view.EnvironmentsOf(project));

    public List<(SecretRow Secret, ValueHead Value)> OfEnvironment(Env environment, string owner) => Rows([environment], isNamed: true);

    public List<(SecretRow Secret, ValueHead Value)> OfSecret(Guid secret, string owner) =>
        [.. Rows(view.Tree.Teams.SelectMany(team => team.Projects).SelectMany(project => project.Environments).Where(environment => known.ContainsKey(environment.Id)))
            .Where(row => row.Secret.Id == secret)];

    public List<(SecretRow Secret, ValueHead? Value)> Whole(Project project, Env? within, string reference, string owner) =>
        Find(project, within, reference) is { } secret ? [.. OfSecret(secret.Id, owner).Select(row => (row.Secret, (ValueHead?)row.Value))] : [];

    public SecretRow? Find(Project project, Env? within, string reference)
    {
        var rows = Rows(within is null ? view.EnvironmentsOf(project) : [within], isNamed: within is not null);
        return rows.Find(Ids.TryParse(reference, out var id) ? row => row.Secret.Id == id : row => row.Secret.Name == reference).Secret;
    }

    /// <summary>
    /// Where in the project a secret has a value, in the caller's sight or not: a change of it as a whole reaches there. Also where there are secrets that are not
    /// of a form served here: it may be one of them. What the backend does not show to the gateway itself is the backend's to judge.
    /// </summary>
    public List<Env> Holders(Project project, Guid of)
    {
        var holders = new List<Env>();
        foreach (var environment in project.Environments)
        {
            if (!Answered(environment.Id, out var answer))
            {
                continue;
            }

            if (answer.Refused(out var refusal, out var held))
            {
                Problem ??= refusal.Kind is RefusalKind.NotFound or RefusalKind.Forbidden ? null : refusal;
            }
            else if (held.Secrets.Any(secret => secret.Row.Id == of) || held.LeftOut > 0)
            {
                holders.Add(environment);
            }
        }

        return holders;
    }

    /// <summary>The names of a project that have values only where the caller does not look.</summary>
    public HashSet<string> NamesOutOfSight(Project project)
    {
        var (seen, unseen) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var environment in project.Environments)
        {
            if (Answered(environment.Id, out var answer) && answer.Refusal is null)
            {
                (view.Sees(environment) ? seen : unseen).UnionWith(answer.Value.Secrets.Select(secret => secret.Row.Name));
            }
            else if (answer.Refusal is { Kind: not (RefusalKind.NotFound or RefusalKind.Forbidden) } refusal)
            {
                Problem ??= refusal;
            }
        }

        unseen.ExceptWith(seen);
        return unseen;
    }

    public ValueHead? Value(Guid secret, Env environment, string owner) =>
        owner.Length > 0 ? null : Rows([environment], isNamed: true).Find(row => row.Secret.Id == secret).Value;

    public Sensitive? Referenced(Env environment, string name, string owner)
    {
        if (Ids.TryParse(name, out _) || !view.Sees(environment) || !Answered(environment.Id, out var answer))
        {
            return null;
        }

        // Where the backend says no, the reference stays as written. Where it says nothing, so would the value of somebody who waits for a password.
        if (answer.Refused(out var refusal, out var held))
        {
            Problem ??= refusal.Kind is RefusalKind.NotFound or RefusalKind.Forbidden ? null : refusal;
            return null;
        }

        return held.Secrets.FirstOrDefault(secret => secret.Row.Name == name)?.Value;
    }

    public Sensitive Open(ValueHead value) => ((RemoteValue)value).Value;

    public int Count(Project project, Sight sight, string part) => Matching(project, part).Count;

    public List<SecretRow> Page(Project project, Sight sight, string part, int count, int skip) => [.. Matching(project, part).Skip(skip).Take(count)];

    public ILookup<Guid, ValueHead> Heads(IReadOnlyList<Guid> secrets, string owner) =>
        secrets.SelectMany(secret => OfSecret(secret, owner)).Select(row => row.Value).ToLookup(value => value.Secret);

    /// <summary>What was not asked for is not counted, and a count alone is no reason to ask for every value of the workspace.</summary>
    public Dictionary<Guid, int> Counts(WorkspaceTree tree) => [];

    private List<SecretRow> Matching(Project project, string part) =>
        [.. OfProject(project, "").Select(row => row.Secret).DistinctBy(secret => secret.Id).Where(secret => secret.Name.Contains(part, StringComparison.OrdinalIgnoreCase))];

    /// <param name="isNamed">An environment that the request names must be there; of many, one that has gone meanwhile is left out.</param>
    private List<(SecretRow Secret, ValueHead Value)> Rows(IEnumerable<Env> environments, bool isNamed = false)
    {
        var rows = new List<(SecretRow Secret, ValueHead Value)>();
        foreach (var environment in environments.Where(view.Sees))
        {
            if (!Answered(environment.Id, out var answer))
            {
                continue;
            }

            if (answer.Refused(out var refusal, out var held))
            {
                Problem ??= refusal.Kind == RefusalKind.NotFound && !isNamed ? null : refusal;
                continue;
            }

            rows.AddRange(held.Secrets.Select(secret => (secret.Row, (ValueHead)new RemoteValue(secret.Row, environment.Id, secret.Value))));
        }

        // One secret has one row, whatever it was called when each environment answered: they are grouped by it.
        var latest = rows.GroupBy(row => row.Secret.Id).ToDictionary(group => group.Key, group => group.MaxBy(row => row.Secret.UpdatedAt).Secret);
        return [.. rows.Select(row => (latest[row.Secret.Id], row.Value))
            .OrderBy(row => row.Item1.Name, StringComparer.Ordinal).ThenBy(row => row.Item1.Id).ThenBy(row => row.Value.Environment.ToString("D"), StringComparer.Ordinal)];
    }

    private bool Answered(Guid environment, out Outcome<RemoteEnvironment> answer)
    {
        if (known.TryGetValue(environment, out answer))
        {
            return true;
        }

        lacking.Add(environment);
        return false;
    }

    private sealed record RemoteValue(SecretRow Row, Guid In, Sensitive Value) : ValueHead(Row.Id, In, "", Row.UpdatedAt, null);
}
