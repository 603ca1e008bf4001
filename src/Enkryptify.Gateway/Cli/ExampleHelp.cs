using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Enkryptify.Gateway.Cli;

/// <summary>The standard help, followed by the command's examples.</summary>
internal sealed class ExampleHelp(HelpAction standard, IReadOnlyList<string> rootExamples) : SynchronousCommandLineAction
{
    /// <summary>Help is what was asked for, so a line that is otherwise incomplete still gets it.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        standard.Invoke(parseResult);
        IReadOnlyList<string> examples = parseResult.CommandResult.Command is Verb verb ? verb.Examples : rootExamples;
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
        foreach (string example in examples)
        {
            output.WriteLine($"  {example}");
        }

        return ExitCode.Ok;
    }
}
