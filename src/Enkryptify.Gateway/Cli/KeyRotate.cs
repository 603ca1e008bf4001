using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>key rotate master|kek|environment|digest|signing|audit</c>. Waits until what the old key holds has moved, unless told not to.</summary>
internal static class KeyRotate
{
    internal const string Path = "/v1/key";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    public static Command Build(Surroundings around) => new Verb(
        "rotate", "Replace a key while the gateway serves.", "enkryptify-gateway key rotate kek", "enkryptify-gateway key rotate master --new file:/etc/enkryptify-gateway/master.new")
    {
        Master(around),
        Environment(around),
        Simple(around, "kek", "The key-encryption key: every key and sealed token is wrapped again.", waits: true),
        Simple(around, "digest", "The key of API token digests: new tokens use the new one; the old one ends with its last live token.", waits: false),
        Simple(around, "signing", "The key of JWTs: the next one signs; JWTs signed before stay valid for their life.", waits: false),
        Simple(around, "audit", "The key of the audit log's checkpoints. Keep the public key that it prints.", waits: false),
    };

    private static ManagementVerb Master(Surroundings around)
    {
        Option<string?> next = new("--new")
        {
            HelpName = "FILE", Description = "Where the new master key is: a file, or file:/PATH, credential:NAME or env:NAME, as the gateway sees it. A start then accepts either key.",
        };
        Option<bool> finish = new("--finish") { Description = "Drop the old master key; only after the gateway was started with the new one." };
        ManagementVerb verb = new(
            "master", "The master key, in two steps: --new, restart with the new key, --finish.", around,
            "enkryptify-gateway key rotate master --new /etc/enkryptify-gateway/master.new", "enkryptify-gateway key rotate master --finish") { next, finish };
        verb.Validators.Add(result =>
        {
            if ((result.GetResult(next) is not null) == (result.GetResult(finish) is not null))
            {
                result.AddError("give either --new FILE or --finish");
            }
        });
        return verb.Does(async (call, cancel) =>
        {
            string? reference = call.Value(next);
            JsonElement answer = await call.Client.PostAsync(Path + "/rotate", JsonBody.Of(writer =>
            {
                writer.WriteString("kind"u8, "master");
                if (reference is null)
                {
                    writer.WriteBoolean("finish"u8, true);
                }
                else
                {
                    writer.WriteString("new"u8, Reference(reference));
                }
            }), cancel);
            call.Answer(answer, rotated => rotated.Items("keys").Select(key => reference is null
                ? $"The old master key {key.Text("from")} opens nothing any more. Backups made before still need it."
                : $"Master keys {key.Text("from")} and {key.Text("to")} both open everything. Restart the gateway with the new one, then: enkryptify-gateway key rotate master --finish").First());
        });
    }

    private static ManagementVerb Environment(Surroundings around)
    {
        Option<string?> workspace = PlaceOptions.Workspace();
        Option<string[]> named = new("--environment") { HelpName = "PROJECT/NAME|ID", Description = "This environment. May be repeated." };
        Option<bool> all = new("--all-environments") { Description = "Every environment of every workspace." };
        Option<bool> noWait = NoWait();
        ManagementVerb verb = new(
            "environment", "The data key of an environment: its values are sealed again.", around,
            "enkryptify-gateway key rotate environment --environment demo/production", "enkryptify-gateway key rotate environment --all-environments")
        {
            workspace, named, all, noWait,
        };
        verb.Validators.Add(result =>
        {
            if ((result.GetResult(named) is not null) == (result.GetResult(all) is not null))
            {
                result.AddError("give either --environment PROJECT/NAME or --all-environments");
            }
        });
        return verb.Does(async (call, cancel) =>
        {
            IReadOnlyList<string> ids = [];
            if (!call.Value(all))
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                ids = (await RequestedScope.ResolveAsync(call.Find, ws, false, [], [], call.Value(named) ?? [], cancel)).Environments;
            }

            await Run(call, "environment", !call.Value(noWait), writer =>
            {
                if (call.Value(all))
                {
                    writer.WriteBoolean("all"u8, true);
                }
                else
                {
                    writer.WriteStrings("environments", ids);
                }
            }, cancel);
        });
    }

    private static ManagementVerb Simple(Surroundings around, string kind, string description, bool waits)
    {
        Option<bool> noWait = NoWait();
        ManagementVerb verb = new(kind, description, around, $"enkryptify-gateway key rotate {kind}");
        if (waits)
        {
            verb.Add(noWait);
        }

        return verb.Does((call, cancel) => Run(call, kind, waits && !call.Value(noWait), _ => { }, cancel));
    }

    private static async Task Run(AdminCall call, string kind, bool wait, Action<Utf8JsonWriter> members, CancellationToken cancel)
    {
        JsonElement answer = await call.Client.PostAsync(Path + "/rotate", JsonBody.Of(writer =>
        {
            writer.WriteString("kind"u8, kind);
            members(writer);
        }), cancel);
        JsonElement report = wait ? await Finished(call, answer, cancel) : await call.Client.GetAsync(Path, cancel);
        call.Answer(answer, people: _ => Tell(call, kind, answer, report));
    }

    private static void Tell(AdminCall call, string kind, JsonElement answer, JsonElement report)
    {
        foreach (JsonElement rotated in answer.Items("keys"))
        {
            JsonElement old = report.Items("keys").FirstOrDefault(key => key.Text("id") == rotated.Text("from"));
            string waits = old.ValueKind == JsonValueKind.Object ? KeyCommands.WaitsFor(old) : "";
            call.Around.Output.WriteLine(Printable.Of(
                $"{kind} key {rotated.Text("from")} is replaced by {rotated.Text("to")}{(waits.Length > 0 ? $"; the old one stays for {waits}" : "")}"));
            if (kind == "audit")
            {
                JsonElement made = report.Items("keys").FirstOrDefault(key => key.Text("id") == rotated.Text("to"));
                call.Around.Output.WriteLine(Printable.Of($"audit public key  {made.Text("id")} {made.Text("publicKey")}"));
            }
        }

        if (answer.Member("skipped") is { ValueKind: JsonValueKind.Number } skipped && skipped.GetInt32() > 0)
        {
            call.Around.Error.WriteLine($"{skipped.GetInt32()} environments were left out: their last rotation is not finished ('key status').");
        }
    }

    /// <summary>Until none of the old keys is there any more. A kill of this process changes nothing: the gateway does the work.</summary>
    private static async Task<JsonElement> Finished(AdminCall call, JsonElement answer, CancellationToken cancel)
    {
        HashSet<string?> old = [.. answer.Items("keys").Select(key => key.Text("from"))];
        while (true)
        {
            JsonElement report = await call.Client.GetAsync(Path, cancel);
            JsonElement[] left = [.. report.Items("keys").Where(key => old.Contains(key.Text("id")))];
            if (left.Length == 0)
            {
                return report;
            }

            if (left.FirstOrDefault(key => key.Text("problem") is not null) is { ValueKind: JsonValueKind.Object } stuck)
            {
                throw new CommandFailure(ExitCode.Error, $"the old key {stuck.Text("id")} is kept: {stuck.Text("problem")}", "the new key is in use; 'key status' shows when the old one is gone");
            }

            await Task.Delay(Poll, call.Around.Clock, cancel);
        }
    }

    private static Option<bool> NoWait() => new("--no-wait") { Description = "Return when the rotation has begun; it goes on in the gateway." };

    /// <summary>A plain path is a file; its absolute form, since the gateway's working directory is another.</summary>
    private static string Reference(string given) =>
        given.StartsWith("credential:", StringComparison.Ordinal) || given.StartsWith("env:", StringComparison.Ordinal) ? given
        : "file:" + System.IO.Path.GetFullPath(given.StartsWith("file:", StringComparison.Ordinal) ? given["file:".Length..] : given);
}
