using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Members;

/// <summary>GET, POST /w/{ws}/members/{id}: role and scope. GET, POST …/remove: ends the membership or the invitation.</summary>
internal sealed class MemberPage(Shells shells, MemberStore members)
{
    private const string Pattern = "/w/{ws}/members/{id}";

    public void Map(RouteTable routes)
    {
        routes.Get(Pattern, RouteAccess.Page, Show);
        routes.Post(Pattern, RouteAccess.Page, Change);
        routes.Get(Pattern + "/remove", RouteAccess.Page, AskRemove);
        routes.Post(Pattern + "/remove", RouteAccess.Page, Remove);
    }

    private async ValueTask<Reply> Show(Call call) => (await Find(call, "Role and scope")).Refused(out var refusal, out var found)
        ? Reply.Refused(refusal)
        : View(found.Shell, found.Member, FormFields.With([("role", found.Member.Role.Wire()), .. ScopeForm.Of(found.Member.Scope)]), 200);

    private async ValueTask<Reply> Change(Call call)
    {
        if ((await Find(call, "Role and scope")).Refused(out var refusal, out var found))
        {
            return Reply.Refused(refusal);
        }

        var (form, (shell, member)) = (call.Form, found);
        var role = AccessNames.ParseRole(form["role"]);
        form.Complain("role", role is null ? "Choose a role" : null);
        var scope = ScopeForm.Read(form, shell.Workspace!);
        if (form.HasProblems)
        {
            return View(shell, member, form, 400);
        }

        // What stays as it is is not lent anew.
        Role? lent = role == member.Role ? null : role;
        var outcome = await members.Change(call.Person, call.Segment("ws"), member.Id.ToString("D"), lent, scope.ToJson() == member.Scope.ToJson() ? null : scope);
        if (outcome.Refusal is { } beyond)
        {
            form.Complain(beyond, "role", ScopeForm.Field);
            return View(shell, member, form, RefusalReply.StatusOf(beyond.Kind));
        }

        call.Visit.Tell($"{member.Name ?? member.Email}: role and scope are changed, for their credentials too.");
        return new SeeOther(shell.Path("members"));
    }

    private async ValueTask<Reply> AskRemove(Call call) => (await Find(call, "Remove")).Refused(out var refusal, out var found)
        ? Reply.Refused(refusal)
        : Confirmation.Ask(found.Shell, Question(found.Shell, found.Member));

    private async ValueTask<Reply> Remove(Call call)
    {
        if ((await Find(call, "Remove")).Refused(out var refusal, out var found))
        {
            return Reply.Refused(refusal);
        }

        var (shell, member) = found;
        if ((await members.Remove(call.Person, call.Segment("ws"), member.Id.ToString("D"))).Refusal is { } kept)
        {
            return Reply.Refused(kept);
        }

        call.Visit.Tell(member.UserId is null ? $"The invitation of {member.Email} is withdrawn." : $"{member.Name ?? member.Email} is removed.");
        return new SeeOther(shell.Path("members"));
    }

    private static Confirmation Question(Shell shell, Membership member) => member.UserId is null
        ? new Confirmation(
            "Withdraw this invitation?", Markup.Of($"<p>The link that was given to <b><bdi>{member.Email}</bdi></b> stops working.</p>"),
            shell.Path($"members/{member.Id:D}/remove"), "Withdraw", shell.Path("members"))
        : new Confirmation(
            "Remove this member?",
            Markup.Of($"<p><b><bdi>{member.Name ?? member.Email}</bdi></b> loses access at once. Every credential that they made is revoked and every token issued from one stops working on its next request. Their personal values are deleted; shared values and the audit log stay.</p>"),
            shell.Path($"members/{member.Id:D}/remove"), "Remove", shell.Path("members"));

    private async ValueTask<Outcome<(Shell Shell, Membership Member)>> Find(Call call, string title)
    {
        if ((await shells.InWorkspace(call, title, Section.Members)).Refused(out var refusal, out var shell)
            || (await members.List(call.Person, call.Segment("ws"))).Refused(out refusal, out var all))
        {
            return refusal;
        }

        return Ids.TryParse(call.Segment("id"), out var id) && all.FirstOrDefault(member => member.Id == id) is { } found ? (shell, found) : Refusal.NotFound("Member");
    }

    private static PageReply View(Shell shell, Membership member, FormFields form, int status) =>
        new(new Slices.Dashboard_Members_MemberView { Shell = shell, Model = new MemberModel(member, form) }, status);
}

internal sealed record MemberModel(Membership Member, FormFields Form);
