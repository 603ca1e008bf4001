using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Dashboard.Projects;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Secrets;

/// <summary>
/// A value in its place: masked, and always by the same dots, or open. Each place is a <c>div.place</c>; what reveals or opens it is posted or fetched, and
/// where there is script the <c>[data-place]</c> of the answer takes the place's own place (secrets.js).
/// </summary>
internal static class SecretParts
{
    /// <summary>The dots say nothing of the value, also not its length.</summary>
    private const string Dots = "••••••••";

    /// <summary>Path of one value; own is the person's, shared everybody's.</summary>
    public static string PathOf(ProjectPlace place, Guid secret, Env environment, bool isPersonal, string rest) =>
        place.Path($"secrets/{secret:D}/{environment.Id:D}/{(isPersonal ? "own" : "shared")}/{rest}");

    /// <summary>A cell of the list: the shared value, and the person's own where there is one.</summary>
    public static Markup Cell(ProjectPlace place, SecretOutline secret, Env environment)
    {
        var shared = Shared(place, secret, environment);
        return secret.In(environment, isPersonal: true) is null
            ? shared
            : Markup.Of($"""<div class="stack">{shared}{Masked(place, secret, environment, isPersonal: true)}</div>""");
    }

    public static Markup Shared(ProjectPlace place, SecretOutline secret, Env environment) => secret.In(environment, isPersonal: false) is not null
        ? Masked(place, secret, environment, isPersonal: false)
        : !place.MayWrite(environment) ? Markup.Of($"""<span class="sub unset">Not set</span>""")
        : Markup.Of(
            $"""<div class="place"><a class="unset" data-open href="{PathOf(place, secret.Id, environment, false, "edit")}" aria-label="Not set. Set {secret.Name} in {environment.Name}"><span>Not set</span><span>Set</span></a></div>""");

    public static Markup Masked(ProjectPlace place, SecretOutline secret, Env environment, bool isPersonal) => Markup.Of(
        $"""<div class="place"><button class="mask" form="reveal" formaction="{PathOf(place, secret.Id, environment, isPersonal, "reveal")}" aria-label="Reveal {(isPersonal ? "your own " : "")}{secret.Name} in {environment.Name}">{Dots}</button>{(isPersonal ? Parts.Badge("yours", "accent") : Markup.None)}</div>""");

    /// <summary>
    /// A value open in its place: to be changed by who may, else to be read. Whoever opens the form of a value that they did not reveal gets an empty one.
    /// </summary>
    public static Markup Open(OpenValue open)
    {
        var id = $"x-{open.Secret.Id:N}-{open.Environment.Id:N}{(open.IsPersonal ? "-own" : "")}";
        var form = open.Form;
        var label = $"{(open.IsPersonal ? "Your own " : "")}{open.Secret.Name} in {open.Environment.Name}";
        var text = form["value"];
        var area = Markup.Of(
            $"""
            <textarea id="{id}" name="value" class="mono" rows="{Rows(text)}" aria-label="{label}" autocomplete="off" autocapitalize="off" spellcheck="false" data-value{Markup.Flag("readonly", !open.MayEdit)}{Markup.Attribute("aria-invalid", form.ProblemOf("value") is null ? null : "true")}{Markup.Attribute("aria-describedby", form.ProblemOf("value") is null ? null : "e-value")}{Markup.Attribute("placeholder", open.IsRevealed ? null : "New value")}{Markup.Flag("autofocus", !open.IsRevealed || form.HasProblems)}>{"\n"}{text}</textarea>
            """);
        var copy = open.IsRevealed ? Markup.Of($"""<button type="button" class="button small" data-copy="{id}" hidden>Copy</button>""") : Markup.None;
        var close = Markup.Of($"""<a class="button small quiet" data-close href="{open.Place.Path($"secrets/{open.Secret.Id:D}")}">{(open.IsRevealed ? "Hide" : "Cancel")}</a>""");
        var inner = !open.MayEdit
            ? Markup.Of($"""{area}<div class="row tight">{copy}{close}</div>""")
            : Markup.Of(
                $"""
                <form method="post" action="{PathOf(open.Place, open.Secret.Id, open.Environment, open.IsPersonal, "edit")}">{Parts.FormToken(open.Place.Shell)}<input type="hidden" name="back" value="{form["back"]}" data-back><input type="hidden" name="ends" value="{form["ends"]}">{Parts.FormProblem(form)}{area}{Parts.Complaint(form, "value")}<div class="row tight"><button class="button small primary">Save</button>{copy}{close}</div></form>
                """);
        return Markup.Of($"""<div class="place open" data-place{Markup.Flag("data-once", open.IsRevealed)}>{inner}{Resolved(open)}{(open.Remark is null ? Markup.None : Markup.Of($"<p class=\"hint\">{open.Remark}</p>"))}</div>""");
    }

    private static Markup Resolved(OpenValue open)
    {
        if (open.Revealed?.Resolved is not { } resolved)
        {
            return Markup.None;
        }

        var left = open.Revealed.Unresolved;
        var missing = left.Count == 0 ? Markup.None : Markup.Of(
            $"""<p class="warn-text">Not resolved: {Markup.Join(left.Take(20).Select(reference => Markup.Of($"<bdi class=\"mono\">{reference}</bdi>")), ", ")}. There is no such secret, or it is not yours to read.</p>""");
        return Markup.Of($"""<div class="resolved"><span class="sub">As programs get it {(left.Count == 0 ? Parts.Badge("resolved", "good") : Parts.Badge("not all resolved", "warn"))}</span><pre tabindex="0">{resolved.Reveal()}</pre>{missing}</div>""");
    }

    private static int Rows(string text) => Math.Clamp(text.AsSpan().Count('\n') + 1 + (text.Length / 60), 1, 14);
}

/// <summary>One value, open: with what the form holds and, when it was revealed, what it is and what became of its references.</summary>
internal sealed record OpenValue(ProjectPlace Place, SecretOutline Secret, Env Environment, bool IsPersonal, FormFields Form)
{
    public RevealedValue? Revealed { get; init; }

    public bool IsRevealed { get; init; }

    public bool MayEdit { get; init; }

    /// <summary>A sentence about it.</summary>
    public string? Remark { get; init; }
}
