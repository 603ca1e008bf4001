using System.Globalization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Projects;

/// <summary>
/// Asks before a team, a project or an environment is deleted. What still holds secrets goes only when its name was typed; whether it does is the
/// store's word when it comes to it, since others' personal values count too.
/// </summary>
/// <param name="Kind">team, project or environment.</param>
/// <param name="Cancel">Where No leads.</param>
/// <param name="After">Where Yes leads.</param>
internal sealed record Removal(string Kind, string Name, IReadOnlyList<Env> Environments, string Action, string Cancel, string After)
{
    public Reply Ask(Shell shell, IReadOnlyDictionary<Guid, int> counts) => Ask(shell, Environments.Sum(environment => counts.GetValueOrDefault(environment.Id)), false, null, 200);

    /// <param name="delete">Told whether it may delete what holds secrets.</param>
    public async ValueTask<Reply> Do(Shell shell, FormFields form, IReadOnlyDictionary<Guid, int> counts, Func<bool, Task<Outcome<Done>>> delete)
    {
        var typed = form.Has("typed");
        var matches = typed && form.Line("typed") == Name.Trim();
        var secrets = Environments.Sum(environment => counts.GetValueOrDefault(environment.Id));
        if (typed && !matches)
        {
            return Ask(shell, secrets, true, $"What you typed is not the name of the {Kind}. Nothing was deleted.", 400);
        }

        if (!(await delete(matches)).Refused(out var refusal, out _))
        {
            shell.Visit.Tell($"Deleted the {Kind} {Name}");
            return new SeeOther(After);
        }

        return refusal.Code == StructureEdits.HoldsSecrets.Code
            ? Ask(shell, secrets, true, $"The {Kind} still holds secrets. Type its name to delete them with it.", 409)
            : Reply.Refused(refusal);
    }

    private Reply Ask(Shell shell, int secrets, bool type, string? problem, int status) => Confirmation.Ask(
        shell with { Title = $"Delete {Name}" },
        new Confirmation($"Delete this {Kind}?", Text(secrets), Action, $"Delete {Kind}", Cancel) { Type = type || secrets > 0 ? Name : null, Problem = problem },
        status);

    private Markup Text(int secrets)
    {
        var what = Markup.Of($"<p>The {Kind} <b><bdi>{Name}</bdi></b> is deleted for everybody, {(Kind == "environment" ? "with all of its values" : "with all that is in it")}. This cannot be undone.</p>");
        var held = secrets == 0 ? Markup.None : Markup.Of(
            $"<p><b>{secrets.ToString("N0", CultureInfo.InvariantCulture)} {(secrets == 1 ? "secret value" : "secret values")}</b> {(secrets == 1 ? "is" : "are")} in there. Whatever reads {(secrets == 1 ? "it" : "them")} stops working at once.</p>");
        return Markup.Join([what, held]);
    }
}
