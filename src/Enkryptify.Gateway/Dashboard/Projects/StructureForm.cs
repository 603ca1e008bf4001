using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Projects;

/// <summary>A form about a team, a project or an environment. It is posted to the path that it stands on.</summary>
/// <param name="Crumbs">Where it stands: label and path of each step.</param>
/// <param name="Cancel">Where No leads.</param>
internal sealed record StructureForm(string Title, IReadOnlyList<(string Label, string Path)> Crumbs, Markup Fields, string Button, string Cancel)
{
    public FormFields Form { get; init; } = FormFields.Empty();

    /// <summary>A sentence below the title.</summary>
    public string? Lead { get; init; }

    /// <summary>Tabs of the project it belongs to, in place of its own title.</summary>
    public Markup? Tabs { get; init; }

    /// <summary>What stands below the form, such as the way to delete.</summary>
    public Markup? Below { get; init; }

    public Reply Shown(Shell shell, int status = 200) =>
        new PageReply(new Slices.Dashboard_Projects_StructureFormView { Shell = shell, Model = this }, status);

    /// <summary>The form again, with what its store said; but what is missing is a page that is missing.</summary>
    /// <param name="named">The names of the form's fields.</param>
    public static ValueTask<Reply> Again(Refusal refusal, FormFields form, Func<int, ValueTask<Reply>> show, params ReadOnlySpan<string> named)
    {
        if (refusal.Kind is RefusalKind.NotFound or RefusalKind.Unauthenticated)
        {
            return ValueTask.FromResult(Reply.Refused(refusal));
        }

        switch (refusal.Code)
        {
            case "name_taken":
                form.Complain("name", refusal.Message);
                break;
            case "slug_taken":
                form.Complain("slug", refusal.Message);
                break;
            default:
                form.Complain(refusal, named);
                break;
        }

        return show(RefusalReply.StatusOf(refusal.Kind));
    }
}
