using System.CommandLine;

namespace Enkryptify.Gateway.Cli;

/// <summary>The options that name where in the workspace a verb works, worded alike everywhere.</summary>
internal static class PlaceOptions
{
    public static Option<string?> Workspace() => new("--workspace")
    {
        HelpName = "SLUG|ID",
        Description = "The workspace; may be left out when there is exactly one.",
    };

    public static Option<string> Team() => new("--team") { Required = true, HelpName = "NAME|ID", Description = "The team, by name or id." };

    public static Option<string> Project() => new("--project") { Required = true, HelpName = "SLUG|ID", Description = "The project, by slug, name or id." };

    public static Option<string> Environment() => new("--environment") { Required = true, HelpName = "NAME|ID", Description = "The environment, by name or id." };
}
