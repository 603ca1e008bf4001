using System.Globalization;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>Small pieces that pages share. Each is markup; whatever text it is given is shown as text.</summary>
internal static partial class Parts
{
    public static Markup Icon(Assets assets, string name) => Markup.Of(
        $"""<svg class="icon" width="16" height="16" aria-hidden="true"><use href="{assets.Url("icons.svg")}#{name}"/></svg>""");

    public static Markup Mark(Assets assets) => Markup.Of($"""<img class="mark" src="{assets.Url("mark.svg")}" width="24" height="24" alt="">""");

    /// <summary>The first letter of a name, for the square beside it.</summary>
    public static string Initial(string name)
    {
        var letters = StringInfo.GetTextElementEnumerator(name.Trim());
        return letters.MoveNext() && letters.GetTextElement() is { Length: <= 8 } first && char.IsLetterOrDigit(first, 0) ? first.ToUpperInvariant() : "•";
    }

    public static Markup NavLink(Shell shell, Section section, string path, string label, string icon) => !shell.Shows(section) ? Markup.None : Markup.Of(
        $"""<a href="{shell.Path(path)}"{Markup.Attribute("aria-current", shell.Section == section ? "page" : null)}>{Icon(shell.Assets, icon)}{label}</a>""");

    /// <summary>A name that somebody chose: kept apart from the text around it, whatever its direction, and cut when it is long.</summary>
    public static Markup Name(string name) => Markup.Of($"""<bdi class="trim" title="{name}">{name}</bdi>""");

    /// <summary>A kind or a state.</summary>
    /// <param name="tone">plain, good, warn, bad, accent: never the only sign of what the words say.</param>
    public static Markup Badge(string text, string tone = "plain") => Markup.Of($"""<span class="badge {tone}">{text}</span>""");

    /// <summary>The hidden field that each form needs, where there is no <see cref="PageView{TModel}"/>.</summary>
    public static Markup FormToken(Shell shell) => Markup.Of($"<input type=\"hidden\" name=\"{Visit.TokenField}\" value=\"{shell.FormToken}\">");

    /// <summary>Above a form: what is wrong with it as a whole, or that something is wrong below.</summary>
    public static Markup FormProblem(FormFields form) => !form.HasProblems ? Markup.None : Markup.Of(
        $"""<div class="problem" role="alert" id="form-problem" tabindex="-1"{Markup.Flag("autofocus", form.Problem is not null)}>{form.Problem ?? "Nothing was saved yet: see below what is missing."}</div>""");

    /// <summary>What a page says when there is nothing to list, and what to do next.</summary>
    public static Markup Empty(string title, string text, Markup? next = null) => Markup.Of(
        $"""<div class="empty"><h2>{title}</h2><p>{text}</p>{next}</div>""");

    /// <summary>A link that looks like what it is: the next step.</summary>
    public static Markup ButtonLink(string href, string label, string kind = "primary") => Markup.Of($"""<a class="button {kind}" href="{href}">{label}</a>""");

    /// <summary>Shows a value to be taken away. With script there is a button that copies it.</summary>
    public static Markup Copy(string id, string label, string value) => Markup.Of(
        $"""
        <div class="field copy"><label for="{id}">{label}</label><div class="row"><input id="{id}" class="mono" readonly value="{value}" autocomplete="off" spellcheck="false" data-select><button type="button" class="button" data-copy="{id}" hidden>Copy</button></div></div>
        """);

    /// <summary>Several lines to be taken away, such as a command.</summary>
    public static Markup CopyBlock(string id, string label, string value) => Markup.Of(
        $"""
        <div class="field copy"><div class="row"><span class="label" id="{id}-label">{label}</span><button type="button" class="button small" data-copy="{id}" hidden>Copy</button></div><pre id="{id}" tabindex="0" aria-labelledby="{id}-label">{value}</pre></div>
        """);
}
