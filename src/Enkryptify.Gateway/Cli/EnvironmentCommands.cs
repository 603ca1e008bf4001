using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>environment create|list</c>.</summary>
internal static class EnvironmentCommands
{
    public static Command Build(Surroundings around) => new Verb(
        "environment",
        "Create and list the environments of a project.",
        "enkryptify-gateway environment list --project demo")
    {
        Create(around),
        List(around),
    };

    private static ManagementVerb Create(Surroundings around)
    {
        Argument<string> name = new("NAME") { Description = "Unique in the project; 1 to 64 characters." };
        Option<string?> workspace = PlaceOptions.Workspace();
        Option<string> project = PlaceOptions.Project();
        Option<bool> personal = new("--personal-overrides") { Description = "Let people keep values of their own beside the shared ones." };
        return new ManagementVerb(
            "create",
            "Create an environment in a project.",
            around,
            "enkryptify-gateway environment create staging --project demo") { name, workspace, project, personal }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                Place owner = await call.Find.ProjectAsync(ws, call.Value(project)!, cancel);
                byte[] body = JsonBody.Of(writer =>
                {
                    writer.WriteString("name"u8, call.Value(name));
                    writer.WriteBoolean("hasPersonalOverrides"u8, call.Value(personal));
                });
                call.Answer(
                    await call.Client.PostAsync(AdminPaths.Environments(ws, owner), body, cancel),
                    made => $"Created environment {made.Text("name")} in {owner}, id {made.Text("id")}.");
            });
    }

    private static ManagementVerb List(Surroundings around)
    {
        Option<string?> workspace = PlaceOptions.Workspace();
        Option<string> project = PlaceOptions.Project();
        return new ManagementVerb("list", "List the environments of a project.", around, "enkryptify-gateway environment list --project demo") { workspace, project }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                Place owner = await call.Find.ProjectAsync(ws, call.Value(project)!, cancel);
                call.Answer(await call.Client.GetAsync(AdminPaths.Environments(ws, owner), cancel), people: environments =>
                {
                    Table table = new("NAME", "PERSONAL VALUES", "ID");
                    foreach (JsonElement environment in environments.Items())
                    {
                        table.Add(environment.Text("name"), environment.Flag("hasPersonalOverrides") ? "on" : "off", environment.Text("id"));
                    }

                    table.Write(around, $"There is no environment in {owner} yet.");
                });
            });
    }
}
