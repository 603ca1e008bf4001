using System.CommandLine;

namespace Enkryptify.Gateway.Cli;

/// <summary>A command that shows, at the end of its help, lines that work when they are copied.</summary>
internal class Verb(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples => examples;
}
