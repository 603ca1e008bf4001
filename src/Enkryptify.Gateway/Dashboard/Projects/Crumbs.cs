using Enkryptify.Gateway.Dashboard.Layout;

namespace Enkryptify.Gateway.Dashboard.Projects;

/// <summary>The way from the list of projects to a page.</summary>
internal static class Crumbs
{
    public static Markup Of(IReadOnlyList<(string Label, string Path)> steps) => Markup.Of(
        $"""<nav class="crumbs" aria-label="Breadcrumb">{Markup.Join(steps.Select(step => Markup.Of($"<a href=\"{step.Path}\">{Parts.Name(step.Label)}</a>")))}</nav>""");
}
