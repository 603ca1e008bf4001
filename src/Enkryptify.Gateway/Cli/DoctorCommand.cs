using System.CommandLine;
using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Operations.Doctor;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>doctor</c>: looks at configuration, files and the running gateway, and says what to do. Changes nothing. Exit code 1 when something is wrong.</summary>
internal static class DoctorCommand
{
    public static Command Build(Surroundings around)
    {
        Option<string?> file = new("--config") { HelpName = "FILE", Description = "The configuration file." };
        Option<string?> directory = new("--data-dir") { HelpName = "DIR", Description = "Another data directory than the configuration's, with its master.key where it has one." };
        Option<bool> json = new("--json") { Description = "One JSON document on standard output." };
        Verb verb = new(
            "doctor", "Check permissions, clock, disk, keys, database, audit log, issuers, certificates and credentials, and say what to do.", "enkryptify-gateway doctor --config enkryptify.toml")
        {
            file, directory, json,
        };
        verb.SetAction(async (parsed, cancel) =>
        {
            var findings = await Examine(around, parsed.GetValue(file), parsed.GetValue(directory), cancel);
            if (parsed.GetValue(json))
            {
                around.Output.WriteLine(JsonSerializer.Serialize(new FindingsBody(findings), DoctorJson.Default.FindingsBody));
            }
            else
            {
                Tell(around.Output, findings);
            }

            return findings.Any(finding => finding.Severity == Severity.Problem) ? ExitCode.Error : ExitCode.Ok;
        });
        return verb;
    }

    private static async Task<IReadOnlyList<Finding>> Examine(Surroundings around, string? file, string? directory, CancellationToken cancel)
    {
        var sources = ConfigSources.FromProcess(file);
        if (directory is not null)
        {
            var full = Path.GetFullPath(directory, around.WorkingDirectory);
            var flags = new Dictionary<string, string> { ["storage.data_dir"] = full };
            if (File.Exists(Path.Combine(full, "master.key")))
            {
                flags["encryption.master_key"] = "file:" + Path.Combine(full, "master.key");
            }

            sources = sources with { Flags = flags };
        }

        var result = ConfigLoader.Load(sources);
        if (result.Config is not { } config)
        {
            return [.. result.Errors.Select(error => Finding.Problem("configuration", error.ToString(), "correct it; enkryptify.toml.example explains each key"))];
        }

        var live = await Live(around, config, cancel);
        return [Finding.Ok("configuration", "sound"), .. new OfflineChecks(config, DoctorHost.OfThisMachine(around.Clock)).All(live is not null), .. live ?? [NotRunning]];
    }

    private static readonly Finding NotRunning = Finding.Warning(
        "gateway", "no gateway answers at the admin socket: what only it knows was not checked (issuers, readiness)", "start it, or run this as root or as its user");

    /// <summary>Null when no gateway answers.</summary>
    private static async Task<IReadOnlyList<Finding>?> Live(Surroundings around, GatewayConfig config, CancellationToken cancel)
    {
        using AdminClient client = new(new SocketPlace(Path.Combine(config.Storage.DataDirectory, AdminSocket.FileName)), around);
        try
        {
            var answer = await client.GetAsync("/doctor", cancel);
            return [Finding.Ok("gateway", "runs"), .. answer.Deserialize(DoctorJson.Default.FindingsBody)!.Findings];
        }
        catch (CommandFailure failure) when (failure.ExitCode == ExitCode.Unreachable)
        {
            return null;
        }
        catch (CommandFailure failure)
        {
            return [Finding.Problem("gateway", $"the running gateway could not be examined: {failure.Message}", "see its log")];
        }
    }

    private static void Tell(TextWriter output, IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings.OrderByDescending(finding => finding.Severity))
        {
            var word = finding.Severity switch { Severity.Ok => "ok", Severity.Warning => "warning", _ => "PROBLEM" };
            output.WriteLine($"{word,-8} {finding.Check}: {Printable.Of(finding.Message)}");
            if (finding.Advice is not null)
            {
                output.WriteLine($"         {Printable.Of(finding.Advice)}");
            }
        }

        var (problems, warnings) = (findings.Count(finding => finding.Severity == Severity.Problem), findings.Count(finding => finding.Severity == Severity.Warning));
        output.WriteLine($"{problems} problems, {warnings} warnings, {findings.Count} checks");
    }
}
