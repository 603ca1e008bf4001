using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Enkryptify.Gateway.Cli;

/// <summary>The executable's command line: the list of its verbs, and how a line of arguments becomes an exit code.</summary>
internal static class CommandLine
{
    public static RootCommand Build(Surroundings? surroundings = null)
    {
        Surroundings around = surroundings ?? Surroundings.OfProcess();
        RootCommand root = new("A self-hosted secrets gateway: workloads exchange a credential for a short-lived token and read or write secrets with it.")
        {
            ServeCommand.Build(around),
            InitCommand.Build(around),
            ConfigCommands.Build(),
            VersionCommand.Build(around),
            WorkspaceCommands.Build(around),
            TeamCommands.Build(around),
            ProjectCommands.Build(around),
            EnvironmentCommands.Build(around),
            TokenCommands.Build(around),
            IdentityCommands.Build(around),
            IssuerCommands.Build(around),
            SecretCommands.Build(around),
            MemberCommands.Build(around),
            UserCommands.Build(around),
            AuditCommands.Build(around),
            BackupCommand.Build(around),
            RestoreCommand.Build(around),
            DoctorCommand.Build(around),
            KeyCommands.Build(around),
            CacheCommands.Build(around),
        };

        foreach (Command verb in InstallCommand.Build(around))
        {
            root.Add(verb);
        }

        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExampleHelp((HelpAction)help.Action!, RootExamples);
        return root;
    }

    internal static readonly string[] RootExamples =
    [
        "enkryptify-gateway serve --dev",
        "enkryptify-gateway secret set DATABASE_URL --project demo --environment production --value-file url.txt",
        "TOKEN=$(enkryptify-gateway token create --name ci --environment demo/production)",
        "enkryptify-gateway secret get DATABASE_URL --project demo --environment production",
    ];

    /// <summary>Runs one command line. The verb handles its own signals: nothing here cuts a drain short.</summary>
    public static async Task<int> RunAsync(string[] args, Surroundings? surroundings = null)
    {
        Surroundings around = surroundings ?? Surroundings.OfProcess();
        // An argument that begins with @ is an argument, not a file to read more arguments from.
        ParseResult parsed = Build(around).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (parsed.Action is ParseErrorAction)
        {
            return UsageErrors.Write(parsed, around.Error);
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = around.Output,
                Error = around.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (CommandFailure failure)
        {
            return failure.Write(around.Error);
        }
        catch (Exception bug)
        {
            // The message is left out on purpose: it may quote a value.
            around.Error.WriteLine($"error: internal error ({bug.GetType().Name}); please report it with these lines");
            around.Error.WriteLine(bug.StackTrace);
            return ExitCode.Error;
        }
    }
}
