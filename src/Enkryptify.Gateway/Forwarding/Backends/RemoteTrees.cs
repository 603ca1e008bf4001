using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>
/// The rules of this gateway's own structure and secrets, for what comes from elsewhere: everything behind them may rely on ids and names being unique and
/// plain.
/// </summary>
internal static class RemoteTrees
{
    /// <exception cref="BackendFailure">Something is there twice.</exception>
    public static IReadOnlyList<Team> Checked(IReadOnlyList<Team> teams)
    {
        var projects = teams.SelectMany(team => team.Projects).ToList();
        var environments = projects.SelectMany(project => project.Environments).ToList();
        var ids = teams.Select(team => team.Id).Concat(projects.Select(project => project.Id)).Concat(environments.Select(environment => environment.Id)).ToList();
        if (ids.Distinct().Count() < ids.Count)
        {
            throw BackendJson.Unexpected("lists an id twice");
        }

        if (projects.DistinctBy(project => project.Slug).Count() < projects.Count || projects.Exists(project => Ids.TryParse(project.Slug, out _))
            || projects.Exists(project => project.Environments.DistinctBy(environment => environment.Name).Count() < project.Environments.Count))
        {
            throw BackendJson.Unexpected("gives two things one name");
        }

        return teams;
    }

    /// <summary>A secret within the rules of contract section 6, or null.</summary>
    public static RemoteSecret? Secret(
        Guid id, string? name, string? note, string? type, string? dataType, DateTimeOffset created, DateTimeOffset updated, string value) =>
        name is null || !Names.IsSecretName(name) || SecretFields.ValueProblem(value) is not null
            ? null
            : new RemoteSecret(
                new SecretRow(
                    id, name, note is not null && SecretFields.NoteProblem(note) is null ? note : "", Kind(type, NewSecret.DefaultType), Kind(dataType, NewSecret.DefaultDataType),
                    created, updated),
                new Sensitive(value));

    /// <exception cref="BackendFailure">A name or an id is there twice.</exception>
    public static RemoteSecrets Checked(List<RemoteSecret> secrets, int leftOut) =>
        secrets.DistinctBy(secret => secret.Row.Name).Count() < secrets.Count || secrets.DistinctBy(secret => secret.Row.Id).Count() < secrets.Count
            ? throw BackendJson.Unexpected("gives two secrets one name")
            : new RemoteSecrets(secrets, leftOut);

    private static string Kind(string? kind, string usual) =>
        kind is { Length: >= 1 and <= 32 } && !kind.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz_-") ? kind : usual;
}
