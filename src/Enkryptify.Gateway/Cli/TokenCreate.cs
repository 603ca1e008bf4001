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
        ScopeOptions scope = new();
        ManagementVerb verb = new(
            "create",
            "Create an API token and show its value once, alone on standard output.",
            around,
            "TOKEN=$(enkryptify-gateway token create --name ci --environment demo/production)",
            "enkryptify-gateway token create --name deploy --permission read-write --expires 24h --project demo --project web")
        {
            name, permission, expires, workspace,
        };
        return scope.AddTo(verb).Does(async (call, cancel) =>
        {
            Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
            RequestedScope reach = await scope.ResolveAsync(call, ws, cancel);
            byte[] body = JsonBody.Of(writer =>
            {
                writer.WriteString("name"u8, call.Value(name));
                writer.WriteString("permission"u8, call.Value(permission));
                reach.Write(writer);
                writer.WriteString("expiresIn"u8, call.Value(expires));
            });
            JsonElement made = await call.Client.PostAsync(AdminPaths.Tokens(ws), body, cancel);
            TokenCommands.WriteOnce(call, made, "Created");
        });
    }
}
