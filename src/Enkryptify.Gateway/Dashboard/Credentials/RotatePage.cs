using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>GET, POST /w/{ws}/credentials/{id}/rotate: a new value for an API token, shown in the answer to the POST alone.</summary>
internal sealed class RotatePage(Shells shells, CredentialList credentials, TokenStore tokens, string publicUrl)
{
    private const string Pattern = "/w/{ws}/credentials/{id}/rotate";

    public void Map(RouteTable routes)
    {
        routes.Get(Pattern, RouteAccess.Page, Ask);
        routes.Post(Pattern, RouteAccess.Page, Rotate);
    }

    private async ValueTask<Reply> Ask(Call call)
    {
        if ((await shells.InWorkspace(call, "Rotate", Section.Credentials)).Refused(out var refusal, out var shell)
            || (await credentials.Find(call.Person, call.Segment("ws"), call.Segment("id"))).Refused(out refusal, out var listed))
        {
            return Reply.Refused(refusal);
        }

        if (!listed.MayRotate)
        {
            return Reply.Refused(listed.Credential is { Type: CredentialType.Static, RevokedAt: null }
                ? Refusal.Forbidden("this token reaches further than you do, or its creator is gone")
                : Refusal.Conflict("not_rotatable", "Only API tokens that were not revoked can be rotated"));
        }

        var credential = listed.Credential;
        var ends = CredentialWords.Lifetimes.First(one => one.Value == credential.Lifetime).Label;
        return Confirmation.Ask(shell, new Confirmation(
            "Rotate this token?",
            Markup.Of(
                $"""
                <p><b><bdi>{credential.Name}</bdi></b> gets a new value, which you are shown once.</p>
                <p>The old value and every JWT that was issued for it stop working at once: whatever uses it gets 401 until it has the new one. {LastUse(shell, credential)}</p>
                <p>Permission and scope stay. It expires {ends} from now.</p>
                """),
            shell.Path($"credentials/{credential.Id:D}/rotate"), "Rotate", shell.Path("credentials")) { IsDangerous = false });
    }

    private async ValueTask<Reply> Rotate(Call call)
    {
        if ((await shells.InWorkspace(call, "Token rotated", Section.Credentials)).Refused(out var refusal, out var shell)
            || (await tokens.Rotate(call.Person, call.Segment("ws"), call.Segment("id"))).Refused(out refusal, out var issued))
        {
            return Reply.Refused(refusal);
        }

        return NewTokenPage.IssuedToken(shell, issued, publicUrl, isRotated: true);
    }

    /// <summary>Whether somebody will notice.</summary>
    public static Markup LastUse(Shell shell, Credential credential) => credential.LastUsedAt is { } used
        ? Markup.Of($"It was last used {Parts.Time(used, shell.Now)}.")
        : Markup.Of($"It was never used.");
}
