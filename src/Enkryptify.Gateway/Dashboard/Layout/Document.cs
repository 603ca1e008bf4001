namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>The head that all pages share.</summary>
internal static class Document
{
    public static Markup Head(Shell shell) => Markup.Of(
        $"""
        <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
        <title>{shell.Title} · Enkryptify Gateway</title>
        <link rel="icon" type="image/svg+xml" href="{shell.Assets.Url("mark.svg")}"><link rel="stylesheet" href="{shell.Assets.Url("app.css")}">
        <script type="module" src="{shell.Assets.Url("app.js")}"></script>
        """);

    /// <summary>What the last page has to say. An assistive technology reads it out; it does not take the focus.</summary>
    public static Markup Told(Shell shell) => shell.Told is null ? Markup.None : Markup.Of(
        $"""<div class="flash" role="status">{Parts.Icon(shell.Assets, "check")}<span dir="auto">{shell.Told}</span></div>""");
}
