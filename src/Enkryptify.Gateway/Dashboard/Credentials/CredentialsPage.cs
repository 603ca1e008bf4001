using System.Globalization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>GET /w/{ws}/credentials: API tokens, CLI tokens and Kubernetes identities in one table, newest first; <c>text</c>, <c>kind</c> and <c>page</c> choose.</summary>
internal sealed class CredentialsPage(Shells shells, CredentialList credentials)
{
    private static readonly string[] Filters = ["text", "kind"];

    public void Map(RouteTable routes) => routes.Get("/w/{ws}/credentials", RouteAccess.Page, Show);

    private async ValueTask<Reply> Show(Call call)
    {
        if ((await shells.InWorkspace(call, "Credentials", Section.Credentials)).Refused(out var refusal, out var shell))
        {
            return Reply.Refused(refusal);
        }

        var (text, kind) = (call.QueryText("text"), CredentialWords.KindOf(call.QueryText("kind")));
        var page = int.TryParse(call.QueryText("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : 1;
        if ((await credentials.Page(call.Person, call.Segment("ws"), new CredentialFilter(text, kind, page, Paged<ListedCredential>.Size))).Refused(out refusal, out var part))
        {
            return Reply.Refused(refusal);
        }

        var list = new Paged<ListedCredential>(
            part.Items, part.Page, part.Total, shell.Path("credentials"), [.. Filters.Select(name => (name, call.QueryText(name))).Where(filter => filter.Item2.Length > 0)]);
        return new PageReply(new Slices.Dashboard_Credentials_CredentialsView { Shell = shell, Model = new CredentialsModel(list, FormFields.With(("text", text), ("kind", call.QueryText("kind")))) });
    }
}

internal sealed record CredentialsModel(Paged<ListedCredential> List, FormFields Filter)
{
    public bool IsFiltered => List.Query.Count > 0;
}
