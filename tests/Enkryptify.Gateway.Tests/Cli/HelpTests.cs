using System.CommandLine;
using System.CommandLine.Parsing;
using Enkryptify.Gateway.Cli;

namespace Enkryptify.Gateway.Tests.Cli;

public sealed class HelpTests
{
    public static TheoryData<string> Verbs => [.. Walk(CommandLine.Build(), "")];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Every_verb_shows_an_example_of_itself(string verb)
    {
        CliRun run = await CliRun.OfAsync([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.Equal(ExitCode.Ok, run.Code);
        Assert.Matches($"(?m)^Examples?:\r?\n(  .*enkryptify-gateway.*\r?\n)*  .*enkryptify-gateway {verb}", run.Output);
        Assert.Empty(run.Error);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_example_is_a_line_the_parser_takes(string verb)
    {
        Command command = CommandLine.Build();
        foreach (string part in verb.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            command = command.Subcommands.Single(sub => sub.Name == part);
        }

        IReadOnlyList<string> examples = command is Verb described ? described.Examples : CommandLine.RootExamples;
        Assert.NotEmpty(examples);
        foreach (string example in examples)
        {
            string line = example[(example.IndexOf("enkryptify-gateway ", StringComparison.Ordinal) + "enkryptify-gateway ".Length)..].TrimEnd(')');
            Assert.Empty(CommandLine.Build().Parse([.. CommandLineParser.SplitCommandLine(line)]).Errors);
        }
    }

    [Fact]
    public async Task The_root_says_what_it_is_in_one_sentence_and_shows_four_lines()
    {
        CliRun run = await CliRun.OfAsync("--help");

        Assert.Contains("A self-hosted secrets gateway", run.Output, StringComparison.Ordinal);
        Assert.Equal(4, CommandLine.RootExamples.Length);
        Assert.All(CommandLine.RootExamples, example => Assert.Contains(example, run.Output, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Walk(Command command, string path) =>
        command.Subcommands.SelectMany(sub => Walk(sub, $"{path} {sub.Name}".TrimStart())).Prepend(path);
}
