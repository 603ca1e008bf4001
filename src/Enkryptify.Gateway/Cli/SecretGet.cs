using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>secret get</c>: one value, byte for byte, on standard output.</summary>
internal static class SecretGet
{
    public static ManagementVerb Build(Surroundings around)
    {
        Argument<string> name = SecretCommands.Name();
        Option<string?> workspace = PlaceOptions.Workspace();
        Option<string> project = PlaceOptions.Project();
        Option<string> environment = PlaceOptions.Environment();
        Option<bool> resolve = new("--resolve") { Description = "Expands references to other secrets." };
        return new ManagementVerb(
            "get",
            "Read one secret of one environment. A newline is added only on a terminal.",
            around,
            "enkryptify-gateway secret get DATABASE_URL --project demo --environment production --resolve") { name, project, environment, workspace, resolve }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                Place prj = await call.Find.ProjectAsync(ws, call.Value(project)!, cancel);
                Place env = await call.Find.EnvironmentAsync(ws, prj, call.Value(environment)!, cancel);
                string query = $"environmentId={env.Id}{(call.Value(resolve) ? "&resolve=true" : "")}";
                JsonElement secret = await call.Client.GetAsync($"{AdminPaths.Secrets(ws, prj)}/{call.Value(name)}?{query}", cancel);
                call.Answer(secret, people: _ =>
                {
                    string value = SecretBodies.Value(secret, env.Id)
                        ?? throw new CommandFailure(ExitCode.NotFound, $"{call.Value(name)} has no shared value in {prj}/{env.Name}");
                    around.Output.Write(value);
                    if (around.OutputIsTerminal)
                    {
                        around.Output.WriteLine();
                    }
                });
            });
    }
}
