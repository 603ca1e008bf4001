using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>GET, POST /v1/workspace/{ws}/rbac; PATCH, DELETE …/rbac/{id} (contract section 5).</summary>
internal sealed class MemberEndpoints(MemberStore members, string publicUrl)
{
    private const string Collection = "/v1/workspace/{ws}/rbac";

    public void Map(RouteTable routes)
    {
        routes.Get(Collection, RouteAccess.Proven, List);
        routes.Post(Collection, RouteAccess.Proven, Invite);
        routes.Patch(Collection + "/{id}", RouteAccess.Proven, Change);
        routes.Delete(Collection + "/{id}", RouteAccess.Proven, Remove);
    }

    private async ValueTask<Reply> List(Call call) => Reply.Of(
        await members.List(call.Caller, call.Segment("ws")),
        list => Reply.Ok([.. list.Select(MemberBody.Of)], MemberJson.Default.IReadOnlyListMemberBody));

    private async ValueTask<Reply> Invite(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var (email, role, scope) = (Accounts.ReadEmail(body, "email"), ReadRole(body), ScopeBody.Read(body));
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await members.Invite(call.Caller, call.Segment("ws"), email, role, scope),
                invited => Reply.Created(InvitedBody.Of(invited, publicUrl), MemberJson.Default.InvitedBody));
    }

    private async ValueTask<Reply> Change(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        Role? role = body.Has("role") ? ReadRole(body) : null;
        var scope = body.Has("scope") ? ScopeBody.Read(body) : null;
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await members.Change(call.Caller, call.Segment("ws"), call.Segment("id"), role, scope),
                member => Reply.Ok(MemberBody.Of(member), MemberJson.Default.MemberBody));
    }

    private async ValueTask<Reply> Remove(Call call) =>
        Reply.Of(await members.Remove(call.Caller, call.Segment("ws"), call.Segment("id")), _ => Reply.Success());

    private static Role ReadRole(JsonFields body)
    {
        if (AccessNames.ParseRole(body.Text("role")) is { } role)
        {
            return role;
        }

        body.Complain("role", "must be admin, developer or member");
        return Role.Member;
    }
}

internal sealed record MemberBody(
    Guid Id, Guid WorkspaceId, MemberUserBody User, string Role, string Status, bool IsOwner, Scope Scope, DateTime InvitedAt)
{
    public static MemberBody Of(Membership member) => new(
        member.Id, member.WorkspaceId, new MemberUserBody(member.UserId, member.Email, member.Name, member.Verified), member.Role.Wire(), Wire(member.Status),
        member.IsOwner, member.Scope, member.InvitedAt.UtcDateTime);

    public static string Wire(MemberStatus status) => status switch
    {
        MemberStatus.InviteSent => "invite-sent",
        MemberStatus.AccountCreated => "account-created",
        MemberStatus.Declined => "declined",
        _ => "expired",
    };
}

/// <summary>Who it is; without id and name while they have not accepted.</summary>
internal sealed record MemberUserBody(Guid? Id, string Email, string? Name, bool Verified);

/// <summary>The link is shown in this answer only.</summary>
internal sealed record InvitedBody(Guid Id, string Email, string Role, Scope Scope, string Status, string Link, string Code, DateTime ExpiresAt)
{
    public static InvitedBody Of(Invited invited, string publicUrl) => new(
        invited.Membership.Id, invited.Membership.Email, invited.Membership.Role.Wire(), invited.Membership.Scope, MemberBody.Wire(invited.Membership.Status),
        $"{publicUrl}/invite/{invited.Code.Reveal()}", invited.Code.Reveal(), invited.ExpiresAt.UtcDateTime);

    public override string ToString() => $"invitation {Id}";
}
