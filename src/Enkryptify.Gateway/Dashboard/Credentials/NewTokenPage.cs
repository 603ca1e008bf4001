using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>GET, POST /w/{ws}/credentials/new/token. The value is in the answer to the POST and nowhere else: no redirect leads to it, nothing keeps it.</summary>
internal sealed class NewTokenPage(Shells shells, TokenStore tokens, string publicUrl)
{
    private const string Pattern = "/w/{ws}/credentials/new/token";

    public void Map(RouteTable routes)
    {
        routes.Get(Pattern, RouteAccess.Page, call => View(call, FormFields.With(("permission", "read"), ("expiresIn", "30d"), ("access", "chosen")), 200));
        routes.Post(Pattern, RouteAccess.Page, Create);
    }

    private async ValueTask<Reply> Create(Call call)
    {
        if ((await shells.InWorkspace(call, "API token created", Section.Credentials)).Refused(out var refusal, out var shell))
        {
            return Reply.Refused(refusal);
        }

        var form = call.Form;
        var name = CredentialForm.ReadName(form);
        var permission = CredentialForm.ReadPermission(form);
        var scope = ScopeForm.Read(form, shell.Workspace!);
        var lifetime = form["expiresIn"];
        form.Complain("expiresIn", CredentialWords.Lifetimes.Any(one => one.Value == lifetime) ? null : "Choose when it expires");
        if (form.HasProblems)
        {
            return await View(call, form, 400);
        }

        if ((await tokens.Create(call.Person, call.Segment("ws"), name, permission, scope, lifetime)).Refused(out refusal, out var issued))
        {
            form.Complain(refusal, "name", "permission", "scope", "expiresIn");
            return await View(call, form, RefusalReply.StatusOf(refusal.Kind));
        }

        return IssuedToken(shell, issued, publicUrl, isRotated: false);
    }

    /// <summary>The page that shows a value, for this once.</summary>
    public static Reply IssuedToken(Shell shell, IssuedToken issued, string publicUrl, bool isRotated) =>
        new PageReply(new Slices.Dashboard_Credentials_IssuedView { Shell = shell, Model = new IssuedModel(issued, publicUrl, isRotated) });

    private async ValueTask<Reply> View(Call call, FormFields form, int status) => Reply.Of(
        await shells.InWorkspace(call, "New API token", Section.Credentials),
        shell => new PageReply(new Slices.Dashboard_Credentials_NewTokenView { Shell = shell, Model = form }, status));
}

internal sealed record IssuedModel(IssuedToken Issued, string PublicUrl, bool IsRotated)
{
    /// <summary>The value is base62, so it needs no quoting.</summary>
    public string Exchange => $"curl -s -X POST {PublicUrl}/v1/auth/exchange -H 'Authorization: Bearer {Issued.Value.Reveal()}'";

    public override string ToString() => "[redacted]";
}
