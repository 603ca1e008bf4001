using System.CommandLine;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>secret set|get|list|import</c>. Values come from files and streams, never from the command line.</summary>
internal static class SecretCommands
{
    public static Command Build(Surroundings around) => new Verb(
        "secret",
        "Set, read, list and import secrets.",
        "enkryptify-gateway secret list --project demo --environment production")
    {
        SecretSet.Build(around),
        SecretGet.Build(around),
        SecretList.Build(around),
        SecretImport.Build(around),
    };

    public static Argument<string> Name()
    {
        Argument<string> name = new("NAME") { Description = "The secret's name: 1 to 128 of A-Z, a-z, 0-9, _ and -." };
        name.Validators.Add(result =>
        {
            // Not repeated in the message: NAME=value is what a wrong one often is.
            if (result.Tokens.Any(token => !SecretName.IsValid(token.Value)))
            {
                result.AddError("NAME: must be 1 to 128 of A-Z, a-z, 0-9, _ and -");
            }
        });
        return name;
    }
}
