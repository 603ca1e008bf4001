using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>token list</c>: never a value, which the gateway does not have.</summary>
internal static class TokenList
{
    public static ManagementVerb Build(Surroundings around)
    {
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb("list", "List a workspace's API tokens, revoked ones too.", around, "enkryptify-gateway token list --workspace acme") { workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                JsonElement tokens = await call.Client.GetAsync(AdminPaths.Tokens(ws), cancel);
                JsonElement[] scopes = call.Json ? [] : [.. tokens.Items().Select(token => token.Member("scope"))];
                ScopeWords words = await ScopeWords.LoadAsync(call.Find, ws, scopes, cancel);
                call.Answer(tokens, people: _ =>
                {
                    Table table = new("NAME", "PREFIX", "PERMISSION", "SCOPE", "EXPIRES", "LAST USED", "STATE");
                    foreach (JsonElement token in tokens.Items())
                    {
                        table.Add(
                            token.Text("name"),
                            token.Text("prefix"),
                            token.Text("permission"),
                            words.Of(token.Member("scope")),
                            token.Time("expiresAt").Shown(),
                            token.Time("lastUsedAt").Shown("never"),
                            State(token, around.Clock.GetUtcNow()));
                    }

                    table.Write(around, $"There is no token in {ws} yet.");
                });
            });
    }

    private static string State(JsonElement token, DateTimeOffset now) =>
        token.Text("revokedAt") is not null ? "revoked" : token.Time("expiresAt") <= now ? "expired" : "active";
}
