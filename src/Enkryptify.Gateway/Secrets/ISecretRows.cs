using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>What is needed to open the rows of secrets that were found.</summary>
internal interface ISealedRows
{
    /// <summary>The secret's shared values and those of <paramref name="owner"/>, shared before personal.</summary>
    List<(SecretRow Secret, ValueHead Value)> OfSecret(Guid secret, string owner);

    Sensitive Open(ValueHead value);
}

/// <summary>
/// Where the vault reads from: this gateway's database, or what a backend answered. Decides nothing: who may see what is the vault's part, so that it is the
/// same for both.
/// </summary>
internal interface ISecretRows : ISealedRows
{
    /// <summary>Shared values and those of <paramref name="owner"/>, by name of secret, shared before personal.</summary>
    List<(SecretRow Secret, ValueHead Value)> OfProject(Project project, string owner);

    List<(SecretRow Secret, ValueHead Value)> OfEnvironment(Env environment, string owner);

    /// <summary>One secret by name, or by id where the text is one, with those values of it; one without any has one row, without a value.</summary>
    /// <param name="within">As for <see cref="Find"/>.</param>
    List<(SecretRow Secret, ValueHead? Value)> Whole(Project project, Env? within, string reference, string owner);

    /// <summary>By name, or by id where the text is one.</summary>
    /// <param name="within">Where it is enough to look; null is the whole project.</param>
    SecretRow? Find(Project project, Env? within, string reference);

    ValueHead? Value(Guid secret, Env environment, string owner);

    /// <summary>The value that a reference names, or null: <paramref name="owner"/>'s before the shared one.</summary>
    Sensitive? Referenced(Env environment, string name, string owner);

    int Count(Project project, Sight sight, string part);

    List<SecretRow> Page(Project project, Sight sight, string part, int count, int skip);

    ILookup<Guid, ValueHead> Heads(IReadOnlyList<Guid> secrets, string owner);

    /// <summary>How many shared values each environment of the workspace has.</summary>
    Dictionary<Guid, int> Counts(WorkspaceTree tree);
}

/// <summary>The database's, on one connection in one transaction.</summary>
/// <param name="keeping">Where to keep what is read, and under which generation; the writer's own reads keep nothing.</param>
internal sealed class StoredRows(Sql sql, Keyring keyring, (RecentSecrets Recent, long Generation)? keeping = null) : ISecretRows
{
    public List<(SecretRow Secret, ValueHead Value)> OfProject(Project project, string owner) => SecretRows.OfProject(sql, project.Id, owner);

    public List<(SecretRow Secret, ValueHead Value)> OfEnvironment(Env environment, string owner) =>
        SecretRows.OfEnvironment(sql, environment.ProjectId, environment.Id, owner);

    public List<(SecretRow Secret, ValueHead Value)> OfSecret(Guid secret, string owner) => SecretRows.OfSecret(sql, secret, owner);

    public List<(SecretRow Secret, ValueHead? Value)> Whole(Project project, Env? within, string reference, string owner)
    {
        var rows = SecretRows.Whole(sql, project.Id, reference, owner);
        if (keeping is { } keep && owner.Length == 0 && rows.Count > 0 && rows[0].Secret.Name == reference)
        {
            keep.Recent.Keep(project.Id, keep.Generation, rows[0].Secret, [.. rows.Select(row => row.Value).OfType<ValueRow>()]);
        }

        return rows;
    }

    public SecretRow? Find(Project project, Env? within, string reference) => SecretRows.Find(sql, project.Id, reference);

    public ValueHead? Value(Guid secret, Env environment, string owner) => SecretRows.Value(sql, secret, environment.Id, owner);

    public Sensitive? Referenced(Env environment, string name, string owner)
    {
        if (SecretRows.Find(sql, environment.ProjectId, name) is not { } secret)
        {
            return null;
        }

        var personal = owner.Length > 0 ? SecretRows.Value(sql, secret.Id, environment.Id, owner) : null;
        return (personal ?? SecretRows.Value(sql, secret.Id, environment.Id, ""))?.Open(keyring, sql);
    }

    public Sensitive Open(ValueHead value) => ((ValueRow)value).Open(keyring, sql);

    public int Count(Project project, Sight sight, string part) => SecretRows.Count(sql, project.Id, sight, part);

    public List<SecretRow> Page(Project project, Sight sight, string part, int count, int skip) => SecretRows.Page(sql, project.Id, sight, part, count, skip);

    public ILookup<Guid, ValueHead> Heads(IReadOnlyList<Guid> secrets, string owner) => SecretRows.Heads(sql, secrets, owner);

    public Dictionary<Guid, int> Counts(WorkspaceTree tree) => SecretRows.Counts(sql, tree.Id);
}
