using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>token create|list|rotate|revoke</c>. A raw token is shown once, alone on standard output, so that <c>TOKEN=$(…)</c> works.</summary>
internal static class TokenCommands
{
    public static Command Build(Surroundings around) => new Verb(
        "token",
        "Create, list, rotate and revoke API tokens.",
        "enkryptify-gateway token list")
    {
        TokenCreate.Build(around),
        TokenList.Build(around),
        Rotate(around),
        Revoke(around),
    };

    private static ManagementVerb Rotate(Surroundings around)
    {
        Argument<string> token = Named();
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb(
            "rotate",
            "Give a token a new value. The old value, and every JWT it was exchanged for, stop working at once.",
            around,
            "TOKEN=$(enkryptify-gateway token rotate ci)") { token, workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                string id = await FindAsync(call, ws, call.Value(token)!, cancel);
                JsonElement made = await call.Client.PostAsync($"{AdminPaths.Tokens(ws)}/{id}/rotate", null, cancel);
                WriteOnce(call, made, "Rotated");
            });
    }

    private static ManagementVerb Revoke(Surroundings around)
    {
        Argument<string> token = Named();
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb("revoke", "End a token for good, at once.", around, "enkryptify-gateway token revoke ci --workspace acme") { token, workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                string id = await FindAsync(call, ws, call.Value(token)!, cancel);
                call.Answer(await call.Client.DeleteAsync($"{AdminPaths.Tokens(ws)}/{id}", cancel), _ => $"Revoked token {call.Value(token)} (id {id}).");
            });
    }

    /// <summary>The value alone on standard output; what people want to know about it on standard error.</summary>
    public static void WriteOnce(AdminCall call, JsonElement made, string done) => call.Answer(made, people: _ =>
    {
        call.Around.Error.WriteLine(Printable.Of(
            $"{done} token {made.Text("name")} (id {made.Text("id")}, {made.Text("permission")}), "
            + $"valid until {made.Time("expiresAt").Shown()}. Keep it now: it is not shown again."));
        call.Around.Output.WriteLine(made.Text("token"));
    });

    private static Argument<string> Named()
    {
        Argument<string> token = new("TOKEN") { HelpName = "ID|NAME", Description = "The token's id or name; never its value." };
        token.Validators.Add(result =>
        {
            if (result.Tokens.Any(t => t.Value.StartsWith("ek_live_", StringComparison.Ordinal)))
            {
                result.AddError("name the token by its id or name: a raw token does not belong on a command line, where other users can see it");
            }
        });
        return token;
    }

    /// <summary>An id is taken as it is. A name means the one token of that name that is not revoked.</summary>
    private static async Task<string> FindAsync(AdminCall call, Place workspace, string given, CancellationToken cancel)
    {
        if (Ids.TryParse(given, out Guid id))
        {
            return id.ToString("D");
        }

        JsonElement tokens = await call.Client.GetAsync(AdminPaths.Tokens(workspace), cancel);
        Place[] live = [.. tokens.Items().Where(token => token.Text("revokedAt") is null).Select(Place.From).Where(token => token.Name == given)];
        return Lookup.Pick("unrevoked token", live, given).Id;
    }
}
