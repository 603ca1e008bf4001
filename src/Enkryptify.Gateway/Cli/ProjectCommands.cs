using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>project create|list</c>.</summary>
internal static class ProjectCommands
{
    public static Command Build(Surroundings around) => new Verb("project", "Create and list projects.", "enkryptify-gateway project list")
    {
        Create(around),
        List(around),
    };

    private static ManagementVerb Create(Surroundings around)
    {
        Option<string?> workspace = PlaceOptions.Workspace();
        Option<string> team = PlaceOptions.Team();
        Option<string> name = new("--name") { Required = true, HelpName = "NAME", Description = "What people see." };
        Option<string> slug = new("--slug") { Required = true, HelpName = "SLUG", Description = "What addresses use; unique in the workspace." };
        return new ManagementVerb(
            "create",
            "Create a project in a team.",
            around,
            "enkryptify-gateway project create --team platform --name Demo --slug demo") { workspace, team, name, slug }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                Place owner = await call.Find.TeamAsync(ws, call.Value(team)!, cancel);
                byte[] body = JsonBody.Of(writer =>
                {
                    writer.WriteString("name"u8, call.Value(name));
                    writer.WriteString("slug"u8, call.Value(slug));
                    writer.WriteString("teamId"u8, owner.Id);
                });
                call.Answer(
                    await call.Client.PostAsync(AdminPaths.Projects(ws), body, cancel),
                    made => $"Created project {made.Text("slug")} ({made.Text("name")}) in team {owner}, id {made.Text("id")}.");
            });
    }

    private static ManagementVerb List(Surroundings around)
    {
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb("list", "List the projects of a workspace, team by team.", around, "enkryptify-gateway project list --workspace acme") { workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                call.Answer(await call.Client.GetAsync(AdminPaths.Projects(ws), cancel), people: teams =>
                {
                    Table table = new("SLUG", "NAME", "TEAM", "UPDATED", "ID");
                    foreach (JsonElement team in teams.Items())
                    {
                        foreach (JsonElement project in team.Items("projects"))
                        {
                            table.Add(project.Text("slug"), project.Text("name"), team.Text("name"), project.Time("updatedAt").Shown(), project.Text("id"));
                        }
                    }

                    table.Write(around, $"There is no project in {ws} yet.");
                });
            });
    }
}
