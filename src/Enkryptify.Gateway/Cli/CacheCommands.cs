using System.CommandLine;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>cache clear</c>: forgets what is kept of backends for when they are down.</summary>
internal static class CacheCommands
{
    public static Command Build(Surroundings around) => new Verb("cache", "Look after what is kept of backends.", "enkryptify-gateway cache clear --backend hq")
    {
        Clear(around),
    };

    private static ManagementVerb Clear(Surroundings around)
    {
        Option<string?> backend = new("--backend") { HelpName = "NAME", Description = "Of this backend alone [default: all]." };
        return new ManagementVerb("clear", "Delete the last good answers of backends: the next read asks them anew.", around, "enkryptify-gateway cache clear --backend hq") { backend }
            .Does(async (call, cancel) =>
            {
                byte[]? body = call.Value(backend) is { } name ? JsonBody.Of(json => json.WriteString("backend", name)) : null;
                call.Answer(
                    await call.Client.PostAsync("/v1/cache/clear", body, cancel),
                    sentence: answer => $"{answer.Member("cleared")} kept answers were deleted.");
            });
    }
}
