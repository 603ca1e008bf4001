using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>secret list</c>: names, and values only when they are asked for.</summary>
internal static class SecretList
{
    public static ManagementVerb Build(Surroundings around)
    {
        Option<string?> workspace = PlaceOptions.Workspace();
        Option<string> project = PlaceOptions.Project();
        Option<string?> environment = new("--environment") { HelpName = "NAME|ID", Description = "Only this environment's secrets, by name or id." };
        Option<bool> values = new("--values") { Description = "Shows the values too, one line for each environment." };
        return new ManagementVerb(
            "list",
            "List a project's secrets.",
            around,
            "enkryptify-gateway secret list --project demo --environment production") { project, environment, workspace, values }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                Place prj = await call.Find.ProjectAsync(ws, call.Value(project)!, cancel);
                List<Place> environments = await call.Find.EnvironmentsAsync(ws, prj, cancel);
                string filter = call.Value(environment) is { } given ? $"?environmentId={Lookup.Pick("environment", environments, given).Id}" : "";
                JsonElement secrets = await call.Client.GetAsync(AdminPaths.Secrets(ws, prj) + filter, cancel);
                if (call.Json && !call.Value(values))
                {
                    around.Output.WriteLine(WithoutValues(secrets));
                    return;
                }

                call.Answer(secrets, people: _ =>
                {
                    Table table = call.Value(values) ? WithValues(secrets, environments) : Names(secrets);
                    table.Write(around, $"There is no secret in {prj} to show.");
                });
            });
    }

    private static Table Names(JsonElement secrets)
    {
        Table table = new("NAME", "TYPE", "UPDATED", "NOTE");
        foreach (JsonElement secret in secrets.Items())
        {
            table.Add(secret.Text("name"), secret.Text("type"), secret.Time("updatedAt").Shown(), secret.Text("note"));
        }

        return table;
    }

    private static Table WithValues(JsonElement secrets, List<Place> environments)
    {
        Dictionary<string, string> names = environments.ToDictionary(environment => environment.Id, environment => environment.Name);
        Table table = new("NAME", "TYPE", "UPDATED", "NOTE", "ENVIRONMENT", "VALUE");
        foreach (JsonElement secret in secrets.Items())
        {
            foreach (JsonElement value in secret.Items("values"))
            {
                string where = value.Text("environmentId") ?? "";
                table.Add(
                    secret.Text("name"),
                    secret.Text("type"),
                    secret.Time("updatedAt").Shown(),
                    secret.Text("note"),
                    names.GetValueOrDefault(where, where),
                    value.Text("value"));
            }
        }

        return table;
    }

    /// <summary>The API's shape less each <c>value</c>: a list that is kept in a file must not become a copy of the secrets by accident.</summary>
    private static string WithoutValues(JsonElement secrets)
    {
        JsonArray copy = JsonArray.Create(secrets) ?? [];
        foreach (JsonObject value in copy.OfType<JsonObject>().SelectMany(secret => (secret["values"] as JsonArray ?? []).OfType<JsonObject>()))
        {
            value.Remove("value");
        }

        return copy.ToJsonString();
    }
}
