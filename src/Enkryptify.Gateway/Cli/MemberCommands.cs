using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>member list|invite|change|remove</c>.</summary>
internal static class MemberCommands
{
    public static Command Build(Surroundings around) => new Verb("member", "Invite people and look after members.", "enkryptify-gateway member list")
    {
        List(around),
        Invite(around),
        Change(around),
        Remove(around),
    };

    private static ManagementVerb List(Surroundings around)
    {
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb("list", "List members and open invitations.", around, "enkryptify-gateway member list --workspace acme") { workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                call.Answer(await call.Client.GetAsync(AdminPaths.Members(ws), cancel), people: members =>
                {
                    Table table = new("E-MAIL", "NAME", "ROLE", "STATUS", "SCOPE", "ID");
                    foreach (JsonElement member in members.Items())
                    {
                        JsonElement user = member.Member("user");
                        bool owner = member.Member("isOwner").ValueKind == JsonValueKind.True;
                        bool all = member.Member("scope").Member("all").ValueKind == JsonValueKind.True;
                        table.Add(
                            user.Text("email"), user.Text("name"), owner ? "owner" : member.Text("role"), member.Text("status"), all ? "everything" : "part", member.Text("id"));
                    }

                    table.Write(around, $"There is no member in {ws}.");
                });
            });
    }

    private static ManagementVerb Invite(Surroundings around)
    {
        Argument<string> email = new("EMAIL") { Description = "Nothing is mailed: give the person the link." };
        Option<string> role = Role();
        role.DefaultValueFactory = _ => "member";
        Option<string?> workspace = PlaceOptions.Workspace();
        ScopeOptions scope = new();
        return scope.AddTo(new ManagementVerb(
                "invite", "Invite a person; prints a link that works once, for 7 days.", around,
                "enkryptify-gateway member invite sam@example.com --role developer --project demo") { email, role, workspace })
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                RequestedScope reach = await scope.ResolveAsync(call, ws, cancel);
                byte[] body = JsonBody.Of(writer =>
                {
                    writer.WriteString("email"u8, call.Value(email));
                    writer.WriteString("role"u8, call.Value(role));
                    reach.Write(writer);
                });
                call.Answer(await call.Client.PostAsync(AdminPaths.Members(ws), body, cancel), people: made =>
                {
                    around.Error.WriteLine(Printable.Of($"Invited {made.Text("email")} as {made.Text("role")}. Give them this link; it is shown this once:"));
                    around.Output.WriteLine(Printable.Of(made.Text("link")!));
                });
            });
    }

    private static ManagementVerb Change(Surroundings around)
    {
        Argument<string> member = new("EMAIL|ID");
        Option<string?> role = new("--role") { Description = "The new role; without it, as it is." };
        role.AcceptOnlyFromAmong("admin", "developer", "member");
        Option<string?> workspace = PlaceOptions.Workspace();
        ScopeOptions scope = new(optional: true);
        ManagementVerb verb = scope.AddTo(new ManagementVerb(
            "change", "Change a member's role or scope; holds from their next request on.", around,
            "enkryptify-gateway member change sam@example.com --role admin --all") { member, role, workspace });
        verb.Validators.Add(result =>
        {
            if (result.GetResult(role) is null && !scope.IsGiven(result))
            {
                result.AddError("say what to change: --role, or --team, --project, --environment, --all");
            }
        });
        return verb.Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                string id = await FindAsync(call, ws, call.Value(member)!, cancel);
                RequestedScope? reach = scope.IsGiven(call) ? await scope.ResolveAsync(call, ws, cancel) : null;
                byte[] body = JsonBody.Of(writer =>
                {
                    if (call.Value(role) is { } given)
                    {
                        writer.WriteString("role"u8, given);
                    }

                    reach?.Write(writer);
                });
                call.Answer(
                    await call.Client.PatchAsync(AdminPaths.Member(ws, id), body, cancel),
                    changed => $"Changed {changed.Member("user").Text("email")}: {changed.Text("role")}.");
            });
    }

    private static ManagementVerb Remove(Surroundings around)
    {
        Argument<string> member = new("EMAIL|ID");
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb(
                "remove", "Remove a member or an invitation; ends their credentials and sessions, deletes their personal values.", around,
                "enkryptify-gateway member remove sam@example.com") { member, workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                string id = await FindAsync(call, ws, call.Value(member)!, cancel);
                call.Answer(await call.Client.DeleteAsync(AdminPaths.Member(ws, id), cancel), _ => $"Removed {call.Value(member)}.");
            });
    }

    private static Option<string> Role()
    {
        Option<string> role = new("--role") { Description = "What they may do: admin, developer or member." };
        role.AcceptOnlyFromAmong("admin", "developer", "member");
        return role;
    }

    private static async Task<string> FindAsync(AdminCall call, Place workspace, string given, CancellationToken cancel)
    {
        JsonElement members = await call.Client.GetAsync(AdminPaths.Members(workspace), cancel);
        foreach (JsonElement member in members.Items())
        {
            if (member.Text("id") == given || string.Equals(member.Member("user").Text("email"), given, StringComparison.OrdinalIgnoreCase))
            {
                return member.Text("id")!;
            }
        }

        throw new CommandFailure(ExitCode.NotFound, $"{workspace} has no member or invitation {given}", "enkryptify-gateway member list shows them");
    }
}
