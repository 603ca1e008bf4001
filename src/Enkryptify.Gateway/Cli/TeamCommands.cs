using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>team create|list</c>.</summary>
internal static class TeamCommands
{
    public static Command Build(Surroundings around) => new Verb("team", "Create and list teams.", "enkryptify-gateway team list")
    {
        Create(around),
        List(around),
    };

    private static ManagementVerb Create(Surroundings around)
    {
        Argument<string> name = new("NAME") { Description = "What people see; 1 to 64 characters." };
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb("create", "Create a team in a workspace.", around, "enkryptify-gateway team create platform --workspace acme") { name, workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                byte[] body = JsonBody.Of(writer => writer.WriteString("name"u8, call.Value(name)));
                call.Answer(
                    await call.Client.PostAsync(AdminPaths.Teams(ws), body, cancel),
                    made => $"Created team {made.Text("name")} in {ws}, id {made.Text("id")}.");
            });
    }

    private static ManagementVerb List(Surroundings around)
    {
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb("list", "List the teams of a workspace.", around, "enkryptify-gateway team list --workspace acme") { workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                call.Answer(await call.Client.GetAsync(AdminPaths.Teams(ws), cancel), people: teams =>
                {
                    Table table = new("NAME", "PROJECTS", "CREATED", "ID");
                    foreach (JsonElement team in teams.Items())
                    {
                        JsonElement count = team.Member("projectCount");
                        table.Add(team.Text("name"), count.ValueKind == JsonValueKind.Number ? count.GetRawText() : "-", team.Time("createdAt").Shown(), team.Text("id"));
                    }

                    table.Write(around, $"There is no team in {ws} yet.");
                });
            });
    }
}
