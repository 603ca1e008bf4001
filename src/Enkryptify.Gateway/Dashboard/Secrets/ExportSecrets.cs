using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Dashboard.Projects;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Secrets;

/// <summary>
/// /w/{ws}/projects/{prj}/export: one environment as a .env file. It is a POST, so that no link opens all values, and audited as the read that it is. As
/// stored, what comes out goes in again by import unchanged.
/// </summary>
internal sealed class ExportSecrets(ProjectPlaces places, Vault vault)
{
    private const string Export = "/w/{ws}/projects/{prj}/export";

    public void Map(RouteTable routes)
    {
        routes.Get(Export, RouteAccess.Page, call => Show(call, FormFields.With(("environment", call.QueryText("environment")), ("references", "stored")), 200));
        routes.Post(Export, RouteAccess.Page, Download);
    }

    private async ValueTask<Reply> Show(Call call, FormFields form, int status) => Reply.Of(await places.Find(call, "Export"), place => new PageReply(
        new Slices.Dashboard_Secrets_ExportView { Shell = place.Shell, Model = new ExportModel(place, form) }, status));

    private async ValueTask<Reply> Download(Call call)
    {
        var form = call.Form;
        form.Complain("environment", form["environment"].Length == 0 ? "Choose an environment" : null);
        form.Complain("references", form["references"] is "stored" or "resolved" ? null : "Choose one");
        if (form.HasProblems)
        {
            return await Show(call, form, 400);
        }

        if ((await places.Find(call)).Refused(out var refusal, out var place))
        {
            return Reply.Refused(refusal);
        }

        var query = new SecretQuery(call.Segment("ws"), call.Segment("prj"), form["environment"], form["references"] == "resolved");
        if ((await vault.List(call.Person, query)).Refused(out refusal, out var secrets))
        {
            return Reply.Refused(refusal);
        }

        var own = form.Ticked("own");
        var pairs = secrets.Select(secret => (secret.Name, Value: (own ? secret.Values.FirstOrDefault(value => value.IsPersonal) : null) ?? secret.Values.FirstOrDefault(value => !value.IsPersonal)))
            .Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Name, pair.Value!.Value.Reveal()));
        var environment = place.View.Environment(place.Project, form["environment"])?.Name ?? "";
        return new DownloadReply($"{place.Project.Slug}.{FileName(environment)}.env", Encoding.UTF8.GetBytes(DotEnv.Write(pairs)));
    }

    /// <summary>A name for a file on any system, whatever people named the environment.</summary>
    private static string FileName(string name) => new([.. name.Take(40).Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' ? character : '_')]);
}

internal sealed record ExportModel(ProjectPlace Place, FormFields Form);

/// <summary>A file to be saved. Like each answer to a page's request, it is not to be kept by the browser itself.</summary>
/// <param name="name">ASCII letters, digits, <c>-</c>, <c>_</c> and <c>.</c> only.</param>
internal sealed class DownloadReply(string name, byte[] content) : Reply
{
    public override Task Write(HttpContext context, string requestId)
    {
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";
        return new BytesReply("text/plain; charset=utf-8", content).Write(context, requestId);
    }
}
