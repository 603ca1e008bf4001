using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Members;

/// <summary>GET, POST /w/{ws}/members/invite. The link is in the answer to the POST alone; nothing is mailed.</summary>
internal sealed class InviteMemberPage(Shells shells, MemberStore members, string publicUrl)
{
    private const string Pattern = "/w/{ws}/members/invite";

    public void Map(RouteTable routes)
    {
        routes.Get(Pattern, RouteAccess.Page, Show);
        routes.Post(Pattern, RouteAccess.Page, Post);
    }

    private async ValueTask<Reply> Show(Call call) => (await Surroundings(call)).Refused(out var refusal, out var shell)
        ? Reply.Refused(refusal)
        : View(shell, FormFields.With([("role", Role.Developer.Wire()), .. ScopeForm.Of(Scope.Everything)]), 200);

    private async ValueTask<Reply> Post(Call call)
    {
        if ((await Surroundings(call)).Refused(out var refusal, out var shell))
        {
            return Reply.Refused(refusal);
        }

        var form = call.Form;
        var email = form.Line("email").ToLowerInvariant();
        form.Complain("email", email.Length < 3 || !Accounts.IsEmail(email) ? "This is not an e-mail address" : null);
        var role = AccessNames.ParseRole(form["role"]);
        form.Complain("role", role is null ? "Choose a role" : null);
        var scope = ScopeForm.Read(form, shell.Workspace!);
        if (form.HasProblems)
        {
            return View(shell, form, 400);
        }

        if ((await members.Invite(call.Person, call.Segment("ws"), email, role!.Value, scope)).Refused(out refusal, out var invited))
        {
            if (refusal.Kind is RefusalKind.NotFound or RefusalKind.Unauthenticated)
            {
                return Reply.Refused(refusal);
            }

            form.Complain(refusal, "email", "role", ScopeForm.Field);
            return View(shell, form, RefusalReply.StatusOf(refusal.Kind));
        }

        var body = InvitedBody.Of(invited, publicUrl);
        return new PageReply(new Slices.Dashboard_Members_InvitedView { Shell = shell with { Title = "Invitation" }, Model = body }, 201);
    }

    /// <summary>The form lends rights; whoever may not manage members does not see it. The store asks again.</summary>
    private async ValueTask<Outcome<Shell>> Surroundings(Call call) =>
        (await shells.InWorkspace(call, "Invite", Section.Members)).Refused(out var refusal, out var shell) ? refusal
        : shell.Allows(Act.ManageMembers) ? shell
        : Workspaces.Lookup.NotAllowed;

    private static PageReply View(Shell shell, FormFields form, int status) => new(new Slices.Dashboard_Members_InviteMemberView { Shell = shell, Model = form }, status);
}
