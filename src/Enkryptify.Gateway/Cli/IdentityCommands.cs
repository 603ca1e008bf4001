using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>identity add|list|remove|test</c>: workloads that prove themselves with a token of their cluster or CI system.</summary>
internal static class IdentityCommands
{
    public static Command Build(Surroundings around) => new Verb(
        "identity",
        "Let workloads sign in with the token of their cluster or CI system, without a stored secret.",
        "enkryptify-gateway identity list")
    {
        IdentityAdd.Build(around),
        List(around),
        Remove(around),
        IdentityTest.Build(around),
    };

    private static ManagementVerb List(Surroundings around)
    {
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb("list", "List a workspace's identities, removed ones too.", around, "enkryptify-gateway identity list --workspace acme") { workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                JsonElement identities = await call.Client.GetAsync(AdminPaths.Identities(ws), cancel);
                JsonElement[] scopes = call.Json ? [] : [.. identities.Items().Select(identity => identity.Member("scope"))];
                ScopeWords words = await ScopeWords.LoadAsync(call.Find, ws, scopes, cancel);
                call.Answer(identities, people: _ =>
                {
                    Table table = new("NAME", "ISSUER", "AUDIENCE", "SUBJECT", "PERMISSION", "SCOPE", "LAST USED", "STATE");
                    foreach (JsonElement identity in identities.Items())
                    {
                        table.Add(
                            identity.Text("name"),
                            identity.Text("issuer"),
                            identity.Text("audience"),
                            identity.Text("subject"),
                            identity.Text("permission"),
                            words.Of(identity.Member("scope")),
                            identity.Time("lastUsedAt").Shown("never"),
                            identity.Text("revokedAt") is null ? "active" : "removed");
                    }

                    table.Write(around, $"There is no identity in {ws} yet.");
                });
            });
    }

    private static ManagementVerb Remove(Surroundings around)
    {
        Argument<string> identity = new("IDENTITY") { HelpName = "ID|NAME", Description = "The identity's id or name." };
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb("remove", "End an identity for good, and every JWT it was exchanged for, at once.", around, "enkryptify-gateway identity remove web") { identity, workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                string given = call.Value(identity)!;
                JsonElement all = await call.Client.GetAsync(AdminPaths.Identities(ws), cancel);
                string id = Lookup.Pick("identity", [.. all.Items().Where(item => item.Text("revokedAt") is null).Select(Place.From)], given).Id;
                call.Answer(await call.Client.DeleteAsync($"{AdminPaths.Identities(ws)}/{id}", cancel), _ => $"Removed identity {given} (id {id}).");
            });
    }
}
