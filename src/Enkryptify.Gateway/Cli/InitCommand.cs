using System.CommandLine;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>init</c>: makes the master key (where it is a file), the data directory, the first owner and a workspace. Needs no running gateway.</summary>
internal static class InitCommand
{
    public static Command Build(Surroundings around)
    {
        Option<string?> file = new("--config") { HelpName = "FILE", Description = "The configuration file." };
        Option<string> email = new("--email") { Required = true, HelpName = "EMAIL", Description = "The first owner signs in with it." };
        Option<string> name = new("--name") { Required = true, HelpName = "NAME", Description = "The first owner's name." };
        Option<string?> password = new("--password-file") { HelpName = "FILE|-", Description = "The owner's password; without it one is made up and shown once." };
        Option<string?> workspace = new("--workspace") { HelpName = "SLUG", Description = "Also make a workspace with this slug." };
        Verb verb = new(
            "init", "Set up a new data directory with its first owner.", "enkryptify-gateway init --config enkryptify.toml --email ops@example.com --name Ops --workspace acme")
        {
            file, email, name, password, workspace,
        };
        verb.SetAction(async (parsed, cancel) =>
        {
            var config = RunningGateway.Require(ConfigLoader.Load(ConfigSources.FromProcess(parsed.GetValue(file))));
            Check("--email", Accounts.IsEmail(parsed.GetValue(email)!.Trim()) ? null : "must be an e-mail address");
            Check("--name", Names.Problem(parsed.GetValue(name)!.Trim()));
            Check("--workspace", parsed.GetValue(workspace) is { } slug ? Names.SlugProblem(slug) : null);
            var given = parsed.GetValue(password) is { } source ? new Sensitive(await PasswordSource.ReadAsync(around, source, cancel)) : (Sensitive?)null;
            if (given is { } text && (text.Reveal().Length is < Passwords.MinLength or > Passwords.MaxLength || text.Reveal().Contains('\0')))
            {
                throw new CommandFailure(ExitCode.Usage, $"a password has {Passwords.MinLength} to {Passwords.MaxLength} characters, none of them NUL", null);
            }

            RunningGateway.PrivateFiles();
            await RunningGateway.Guard(() => Run(around, config, parsed.GetValue(email)!.Trim(), parsed.GetValue(name)!.Trim(), given, parsed.GetValue(workspace)));
            return ExitCode.Ok;
        });
        return verb;
    }

    /// <summary>Before anything is made.</summary>
    private static void Check(string option, string? problem)
    {
        if (problem is not null)
        {
            throw new CommandFailure(ExitCode.Usage, $"{option} {problem}", null);
        }
    }

    private static async Task Run(Surroundings around, GatewayConfig config, string email, string name, Sensitive? given, string? workspace)
    {
        var newKey = PrepareKey(config.Encryption.MasterKey, config.Storage.DataDirectory);
        DataDirectory.Prepare(config.Storage.DataDirectory);
        using var database = Database.Open(config.Storage.DataDirectory);
        var keys = Keys.Open(database, config.Encryption, around.Clock);
        var audit = new AuditTrail(database.Writer, around.Clock);
        using var passwords = new Passwords();
        var accounts = new Accounts(database, passwords, audit, around.Clock);
        if (accounts.Any())
        {
            throw new CommandFailure(ExitCode.Error, $"{config.Storage.DataDirectory} is set up already: it has an owner", "nothing was changed");
        }

        var password = given ?? new Sensitive(Passwords.NewText());
        var owner = await accounts.CreateLocal(email, name, password);
        if (workspace is not null)
        {
            var structure = new StructureStore(database, keys.Ring, audit, around.Clock);
            var made = await structure.CreateWorkspace(new OperatorCaller(0, "init"), workspace, workspace, owner.Email);
            if (made.Refusal is { } refusal)
            {
                throw new CommandFailure(ExitCode.Error, refusal.Message, null);
            }
        }

        var output = around.Output;
        output.WriteLine($"data directory    {config.Storage.DataDirectory}");
        output.WriteLine($"master key        {config.Encryption.MasterKey}, id {MasterKey.Load(config.Encryption.MasterKey).Id}{(newKey ? " (made now)" : "")}");
        output.WriteLine($"audit public key  {keys.Signing.Audit.Id} {Convert.ToBase64String(keys.Signing.Audit.PublicKey)}");
        output.WriteLine($"owner             {owner.Email}");
        if (given is null)
        {
            output.WriteLine($"password          {password.Reveal()}   (shown this once)");
        }

        around.Error.WriteLine("Keep a copy of the master key away from this host: without it nothing here can ever be opened again.");
        around.Error.WriteLine("Keep the audit public key too: with it anybody can check the audit log's checkpoints.");
    }

    /// <summary>A key file that is not there yet is made, for this user alone, unless there is data already, which another key must have sealed. True when it was.</summary>
    private static bool PrepareKey(SecretReference reference, string dataDirectory)
    {
        if (reference.Kind != SecretReferenceKind.File || File.Exists(reference.Value) || File.Exists(Path.Combine(dataDirectory, Database.FileName)))
        {
            return false;
        }

        try
        {
            PrivateFile.Write(reference.Value, MasterKey.NewText() + "\n");
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MasterKeyException($"the master key file cannot be made: {error.Message}");
        }
    }
}
