using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Dashboard.Layout;

namespace Enkryptify.Gateway.Dashboard.Overview;

/// <summary>A refusal as a sentence would say it: who wanted what, and why not.</summary>
internal static class RefusedWords
{
    public static Markup Who(RefusedEntry entry) => entry.Actor.Kind switch
    {
        "anonymous" => Markup.Of($"Somebody unproven"),
        _ => Markup.Of($"""<bdi class="trim" title="{entry.Actor.Name}">{entry.Actor.Name ?? entry.Actor.Kind}</bdi>"""),
    };

    public static Markup What(RefusedEntry entry) => (entry.Action, entry.Target) switch
    {
        (AuditAction.Refuse, { Name: "POST /v1/auth/oidc/exchange" }) => Markup.Of($"Exchange of a workload's token"),
        (AuditAction.Refuse, { Name: "POST /v1/auth/exchange" }) => Markup.Of($"Exchange of an API token"),
        (AuditAction.Refuse, var route) => Markup.Of($"""<span class="mono trim">{route.Name ?? route.Kind}</span>"""),
        (var action, { Name: { } name } target) => Markup.Of($"""{Verb(action)} {Reason(target.Kind).ToLowerInvariant()} <bdi class="trim" title="{name}">{name}</bdi>"""),
        (var action, var target) => Markup.Of($"{Verb(action)} {Reason(target.Kind).ToLowerInvariant()}"),
    };

    /// <summary>The log's word, as people write it: <c>wrong_audience</c> is "Wrong audience".</summary>
    public static string Reason(string word) => word.Length == 0 ? "" : char.ToUpperInvariant(word[0]) + word[1..].Replace('_', ' ').Replace(':', ' ');

    private static string Verb(string action) => action switch
    {
        AuditAction.View => "Read",
        AuditAction.Update => "Change",
        _ => Reason(action.ToLowerInvariant()),
    };
}
