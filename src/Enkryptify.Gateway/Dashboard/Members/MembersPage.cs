using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Members;

/// <summary>GET /w/{ws}/members: who belongs to the workspace, and who was invited. <c>q</c> filters by name and e-mail.</summary>
internal sealed class MembersPage(Shells shells, MemberStore members)
{
    public void Map(RouteTable routes) => routes.Get("/w/{ws}/members", RouteAccess.Page, Show);

    private async ValueTask<Reply> Show(Call call)
    {
        if ((await shells.InWorkspace(call, "Members", Section.Members)).Refused(out var refusal, out var shell)
            || (await members.List(call.Person, call.Segment("ws"))).Refused(out refusal, out var all))
        {
            return Reply.Refused(refusal);
        }

        var text = call.QueryText("q");
        var found = all.Where(member => text.Length == 0 || member.Email.Contains(text, StringComparison.OrdinalIgnoreCase)
            || member.Name?.Contains(text, StringComparison.OrdinalIgnoreCase) == true).ToList();
        return new PageReply(new Slices.Dashboard_Members_MembersView { Shell = shell, Model = new MembersModel(Paged<Membership>.Of(found, call, "q"), all.Count, text) });
    }
}

/// <param name="All">How many there are without the filter.</param>
internal sealed record MembersModel(Paged<Membership> List, int All, string Text);

/// <summary>What the pages about members say alike.</summary>
internal static class MemberWords
{
    /// <summary>The owner stays, and nobody touches a member whose right exceeds their own: the store decides, this only offers.</summary>
    public static bool MayChange(Shell shell, Membership member) =>
        !member.IsOwner && !Ceiling.Exceeds(shell.Workspace!.Right, member.Role, member.Scope, shell.Workspace.Tree.PlaceOf);

    public static string Of(Role role) => role switch
    {
        Role.Admin => "Admin",
        Role.Developer => "Developer",
        _ => "Member",
    };

    public static Markup Of(MemberStatus status) => status switch
    {
        MemberStatus.AccountCreated => Parts.Badge("Active", "good"),
        MemberStatus.InviteSent => Parts.Badge("Invited", "accent"),
        MemberStatus.Declined => Parts.Badge("Declined", "bad"),
        _ => Parts.Badge("Invitation expired", "warn"),
    };

    /// <summary>The roles that somebody may give, with what each means (contract section 1).</summary>
    public static IEnumerable<(string Value, string Label, string Hint)> Offered(Right lender) => new[]
    {
        (Role: Role.Member, "Member", "Reads secrets. Has personal values where they are switched on."),
        (Role: Role.Developer, "Developer", "Reads and writes secrets."),
        (Role: Role.Admin, "Admin", "Also manages projects, members and all credentials."),
    }.Where(option => option.Role <= lender.Role).Select(option => (option.Role.Wire(), option.Item2, option.Item3));
}
