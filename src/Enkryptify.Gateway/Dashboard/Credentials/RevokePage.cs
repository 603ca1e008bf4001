using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>GET, POST /w/{ws}/credentials/{id}/revoke: of whatever kind; immediate and final.</summary>
internal sealed class RevokePage(Shells shells, CredentialList credentials, TokenStore tokens, IdentityStore identities)
{
    private const string Pattern = "/w/{ws}/credentials/{id}/revoke";

    public void Map(RouteTable routes)
    {
        routes.Get(Pattern, RouteAccess.Page, Ask);
        routes.Post(Pattern, RouteAccess.Page, Revoke);
    }

    private async ValueTask<Reply> Ask(Call call)
    {
        if ((await shells.InWorkspace(call, "Revoke", Section.Credentials)).Refused(out var refusal, out var shell)
            || (await credentials.Find(call.Person, call.Segment("ws"), call.Segment("id"))).Refused(out refusal, out var listed))
        {
            return Reply.Refused(refusal);
        }

        var credential = listed.Credential;
        if (!listed.MayRevoke)
        {
            return new SeeOther(shell.Path($"credentials/{credential.Id:D}"));
        }

        var (what, undo) = credential.Type switch
        {
            CredentialType.Static => (Markup.Of($"Its value and every JWT that was issued for it stop working at once: whatever uses it gets 401."), "It cannot be undone; a new token can be made."),
            CredentialType.Cli => (Markup.Of($"It is a JWT itself, and stops working at once."), "It cannot be undone; the command line asks for another."),
            _ => (Markup.Of($"The workload can exchange its token no more, and every JWT that it has got stops working at once."), "It cannot be undone; the workload can be registered again."),
        };
        return Confirmation.Ask(shell, new Confirmation(
            credential.Type == CredentialType.Kubernetes ? "Revoke this identity?" : "Revoke this token?",
            Markup.Of($"<p><b><bdi>{credential.Name}</bdi></b> ends here. {what} {RotatePage.LastUse(shell, credential)}</p><p>{undo} It stays in the list, marked as revoked.</p>"),
            shell.Path($"credentials/{credential.Id:D}/revoke"), "Revoke", shell.Path("credentials")));
    }

    private async ValueTask<Reply> Revoke(Call call)
    {
        var (workspace, id) = (call.Segment("ws"), call.Segment("id"));
        if ((await shells.InWorkspace(call, "Revoke", Section.Credentials)).Refused(out var refusal, out var shell)
            || (await credentials.Find(call.Person, workspace, id)).Refused(out refusal, out var listed)
            || (await (listed.Credential.Type == CredentialType.Kubernetes ? identities.Revoke(call.Person, workspace, id) : tokens.Revoke(call.Person, workspace, id))).Refused(out refusal, out _))
        {
            return Reply.Refused(refusal);
        }

        call.Visit.Tell($"{listed.Credential.Name} is revoked. It opens nothing any more.");
        return new SeeOther(shell.Path("credentials"));
    }
}
