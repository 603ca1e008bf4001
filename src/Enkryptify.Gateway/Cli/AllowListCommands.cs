using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>workspace allow-list get|set</c>: the origins that the proxy endpoint may reach for a workspace.</summary>
internal static class AllowListCommands
{
    public static Command Build(Surroundings around) => new Verb(
        "allow-list",
        "Show or replace the origins that the proxy endpoint may reach.",
        "enkryptify-gateway workspace allow-list set https://api.example.com https://*.example.org:8443")
    {
        Get(around),
        Set(around),
    };

    private static ManagementVerb Get(Surroundings around)
    {
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb("get", "Show the list.", around, "enkryptify-gateway workspace allow-list get --workspace acme") { workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                call.Answer(await call.Client.GetAsync(AdminPaths.AllowList(ws), cancel), people: list => Show(around, ws, list));
            });
    }

    private static ManagementVerb Set(Surroundings around)
    {
        Argument<string[]> origins = new("ORIGIN")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "scheme://host[:port]; *. in front of the host stands for one label. They replace the list.",
        };
        Option<bool> none = new("--none") { Description = "Empty the list: nothing is allowed." };
        Option<string?> workspace = PlaceOptions.Workspace();
        ManagementVerb verb = new("set", "Replace the list.", around, "enkryptify-gateway workspace allow-list set https://api.example.com --workspace acme") { origins, none, workspace };
        verb.Validators.Add(result =>
        {
            if ((result.GetValue(origins) ?? []).Length > 0 == result.GetValue(none))
            {
                result.AddError("give the origins, or --none to allow nothing");
            }
        });
        return verb.Does(async (call, cancel) =>
        {
            Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
            call.Answer(
                await call.Client.PutAsync(AdminPaths.AllowList(ws), JsonBody.List(call.Value(origins) ?? []), cancel), people: list => Show(around, ws, list));
        });
    }

    private static void Show(Surroundings around, Place workspace, JsonElement list)
    {
        foreach (JsonElement origin in list.Items())
        {
            around.Output.WriteLine(Printable.Of(origin.GetString() ?? ""));
        }

        if (!list.Items().Any())
        {
            around.Error.WriteLine($"The list of {workspace} is empty: its callers may reach nothing through /proxy.");
        }
    }
}
