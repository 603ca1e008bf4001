using System.CommandLine;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>workspace create|list|allow-list</c>.</summary>
internal static class WorkspaceCommands
{
    public static Command Build(Surroundings around) => new Verb(
        "workspace",
        "Create and list workspaces.",
        "enkryptify-gateway workspace list")
    {
        Create(around),
        List(around),
        AllowListCommands.Build(around),
    };

    private static ManagementVerb Create(Surroundings around)
    {
        Option<string> name = new("--name") { Required = true, HelpName = "NAME", Description = "What people see." };
        Option<string> slug = new("--slug") { Required = true, HelpName = "SLUG", Description = "What addresses use: 2 to 48 of a-z, 0-9 and -." };
        return new ManagementVerb("create", "Create a workspace.", around, "enkryptify-gateway workspace create --name Acme --slug acme") { name, slug }
            .Does(async (call, cancel) =>
            {
                byte[] body = JsonBody.Of(writer =>
                {
                    writer.WriteString("name"u8, call.Value(name));
                    writer.WriteString("slug"u8, call.Value(slug));
                });
                call.Answer(
                    await call.Client.PostAsync(AdminPaths.Workspaces, body, cancel),
                    made => $"Created workspace {made.Text("slug")} ({made.Text("name")}), id {made.Text("id")}.");
            });
    }

    private static ManagementVerb List(Surroundings around) =>
        new ManagementVerb("list", "List the workspaces.", around, "enkryptify-gateway workspace list --json").Does(async (call, cancel) =>
            call.Answer(await call.Client.GetAsync(AdminPaths.Workspaces, cancel), people: workspaces =>
            {
                Table table = new("SLUG", "NAME", "ID");
                foreach (Place workspace in workspaces.Items().Select(Place.From))
                {
                    table.Add(workspace.Slug, workspace.Name, workspace.Id);
                }

                table.Write(around, "There is no workspace yet.");
            }));
}
