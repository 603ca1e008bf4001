using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>token create</c>. What the token may reach is always said, never assumed.</summary>
internal static class TokenCreate
{
    public static ManagementVerb Build(Surroundings around)
    {
        Option<string> name = new("--name") { Required = true, HelpName = "NAME", Description = "What people see; 1 to 64 characters." };
        Option<string> permission = new("--permission") { DefaultValueFactory = _ => "read", Description = "What it may do with what it reaches." };
        permission.AcceptOnlyFromAmong("read", "read-write");
        Option<string> expires = new("--expires") { DefaultValueFactory = _ => "30d", HelpName = "24h|5d|30d|60d|3m|6m", Description = "How long it lives." };
        expires.AcceptOnlyFromAmong("24h", "5d", "30d", "60d", "3m", "6m");
        Option<string?> workspace = PlaceOptions.Workspace();
        Option<bool> all = new("--all") { Description = "It reaches the whole workspace." };
        Option<string[]> teams = new("--team") { HelpName = "NAME|ID", Description = "It reaches this team's projects, later ones too. May be repeated." };
        Option<string[]> projects = new("--project") { HelpName = "SLUG|ID", Description = "It reaches this project's environments, later ones too. May be repeated." };
        Option<string[]> environments = new("--environment")
        {
            HelpName = "PROJECT/NAME|ID",
            Description = "It reaches this environment, as project/environment or by id. May be repeated.",
        };

        ManagementVerb verb = new(
            "create",
            "Create an API token and show its value once, alone on standard output.",
            around,
            "TOKEN=$(enkryptify-gateway token create --name ci --environment demo/production)",
            "enkryptify-gateway token create --name deploy --permission read-write --expires 24h --project demo --project web")
        {
            name, permission, expires, workspace, all, teams, projects, environments,
        };
        verb.Validators.Add(result =>
        {
            bool some = result.GetResult(teams) is not null || result.GetResult(projects) is not null || result.GetResult(environments) is not null;
            // GetResult, not GetValue: a malformed value elsewhere has its own message already.
            bool everything = result.GetResult(all) is not null;
            if (!some && !everything)
            {
                result.AddError("say what the token may reach: --team, --project, --environment project/name, or --all for the whole workspace");
            }
            else if (some && everything)
            {
                result.AddError("--all is the whole workspace: leave out --team, --project and --environment");
            }
        });
        return verb.Does(async (call, cancel) =>
        {
            Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
            RequestedScope scope = await RequestedScope.ResolveAsync(
                call.Find, ws, call.Value(all), call.Value(teams) ?? [], call.Value(projects) ?? [], call.Value(environments) ?? [], cancel);
            byte[] body = JsonBody.Of(writer =>
            {
                writer.WriteString("name"u8, call.Value(name));
                writer.WriteString("permission"u8, call.Value(permission));
                scope.Write(writer);
                writer.WriteString("expiresIn"u8, call.Value(expires));
            });
            JsonElement made = await call.Client.PostAsync(AdminPaths.Tokens(ws), body, cancel);
            TokenCommands.WriteOnce(call, made, "Created");
        });
    }
}
