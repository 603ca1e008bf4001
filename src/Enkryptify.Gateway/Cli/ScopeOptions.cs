using System.CommandLine;
using System.CommandLine.Parsing;

namespace Enkryptify.Gateway.Cli;

/// <summary>The options that say what a token or a member reaches. It is always said, never assumed.</summary>
internal sealed class ScopeOptions(bool optional = false)
{
    private readonly Option<bool> _all = new("--all") { Description = "The whole workspace." };

    private readonly Option<string[]> _teams = new("--team") { HelpName = "NAME|ID", Description = "This team's projects, later ones too. May be repeated." };

    private readonly Option<string[]> _projects = new("--project")
    {
        HelpName = "SLUG|ID",
        Description = "This project's environments, later ones too. May be repeated.",
    };

    private readonly Option<string[]> _environments = new("--environment")
    {
        HelpName = "PROJECT/NAME|ID",
        Description = "This environment, as project/environment or by id. May be repeated.",
    };

    public ManagementVerb AddTo(ManagementVerb verb)
    {
        verb.Add(_all);
        verb.Add(_teams);
        verb.Add(_projects);
        verb.Add(_environments);
        verb.Validators.Add(result =>
        {
            // GetResult, not GetValue: a malformed value elsewhere has its own message already.
            bool some = result.GetResult(_teams) is not null || result.GetResult(_projects) is not null || result.GetResult(_environments) is not null;
            bool everything = result.GetResult(_all) is not null;
            if (!some && !everything && !optional)
            {
                result.AddError("say what may be reached: --team, --project, --environment project/name, or --all for the whole workspace");
            }
            else if (some && everything)
            {
                result.AddError("--all is the whole workspace: leave out --team, --project and --environment");
            }
        });
        return verb;
    }

    public bool IsGiven(CommandResult result) =>
        result.GetResult(_all) is not null || result.GetResult(_teams) is not null || result.GetResult(_projects) is not null || result.GetResult(_environments) is not null;

    public bool IsGiven(AdminCall call) =>
        call.Value(_all) || call.Value(_teams) is { Length: > 0 } || call.Value(_projects) is { Length: > 0 } || call.Value(_environments) is { Length: > 0 };

    public Task<RequestedScope> ResolveAsync(AdminCall call, Place workspace, CancellationToken cancel) => RequestedScope.ResolveAsync(
        call.Find, workspace, call.Value(_all), call.Value(_teams) ?? [], call.Value(_projects) ?? [], call.Value(_environments) ?? [], cancel);
}
