using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>GET /v1/invite/{code}; POST …/accept; POST …/decline: anonymous with the code (contract section 3).</summary>
internal sealed class InvitationEndpoints(Invitations invitations, Authenticator authenticator, RefusalLog refusals)
{
    public void Map(RouteTable routes)
    {
        var why = RouteAccess.Anonymous("the code in the path is the proof of being invited, checked here");
        routes.Get("/v1/invite/{code}", why, Show);
        routes.Post("/v1/invite/{code}/accept", why, Accept);
        routes.Post("/v1/invite/{code}/decline", why, Decline);
    }

    private async ValueTask<Reply> Show(Call call) => Reply.Of(
        await invitations.Show(Code(call), call.Address, call.RequestId),
        invitation => Reply.Ok(InvitationBody.Of(invitation), MemberJson.Default.InvitationBody));

    private async ValueTask<Reply> Accept(Call call)
    {
        LoginCaller? signedIn = null;
        if (call.Context.Request.Headers.Authorization.Count > 0)
        {
            var proof = Bearer.Of(call.Context.Request) is { } token
                ? authenticator.Authenticate(token, call.Address, call.RequestId)
                : Refusal.Unauthenticated("no_token");
            signedIn = proof.Refusal is null ? proof.Value as LoginCaller : null;
            if (signedIn is null)
            {
                var refusal = proof.Refusal ?? Refusal.Forbidden("only a signed-in person can do this") with { Reason = "not_a_person" };
                await refusals.Refused("POST /v1/invite/{code}/accept", refusal.Reason!, call.Address, call.RequestId);
                return Reply.Refused(refusal);
            }
        }

        string? name = null;
        Sensitive? password = null;
        if (call.HasBody)
        {
            if ((await call.Body()).Refused(out var malformed, out var body))
            {
                return Reply.Refused(malformed);
            }

            name = body.Has("name") ? Names.Read(body, "name") : null;
            password = body.Has("password") ? Passwords.Read(body, "password") : null;
            if (body.Problem is { } problem)
            {
                return Reply.Refused(problem);
            }
        }

        return Reply.Of(
            await invitations.Accept(Code(call), signedIn, name, password, call.Address, call.RequestId),
            invitation => Reply.Ok(InvitationBody.Of(invitation), MemberJson.Default.InvitationBody));
    }

    private async ValueTask<Reply> Decline(Call call) =>
        Reply.Of(await invitations.Decline(Code(call), call.Address, call.RequestId), _ => Reply.Success());

    private static Sensitive Code(Call call) => new(call.Segment("code"));
}

internal sealed record InvitationBody(InvitationWorkspaceBody Workspace, string Email, string Role, DateTime ExpiresAt)
{
    public static InvitationBody Of(Invitation invitation) => new(
        new InvitationWorkspaceBody(invitation.WorkspaceId, invitation.WorkspaceName, invitation.WorkspaceSlug), invitation.Email, invitation.Role.Wire(),
        invitation.ExpiresAt.UtcDateTime);
}

internal sealed record InvitationWorkspaceBody(Guid Id, string Name, string Slug);
