using System.CommandLine;
using System.Text;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Storage;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>audit verify</c>: reads the files of a data directory; needs neither the gateway nor the master key.</summary>
internal static class AuditCommands
{
    public static Command Build(Surroundings around)
    {
        Option<string?> directory = new("--data-dir")
        {
            HelpName = "DIR",
            Description = "The data directory, or a copy of it. Default: ./.enkryptify-dev where it exists, else /var/lib/enkryptify-gateway.",
        };
        Option<bool> json = new("--json") { Description = "One JSON document on standard output." };
        Verb verify = new(
            "verify", "Check that no entry of the audit log was altered, removed, reordered or cut off.", "enkryptify-gateway audit verify --data-dir /var/lib/enkryptify-gateway")
        {
            directory, json,
        };
        verify.SetAction(parsed => Verify(around, AdminSocket.DataDirectory(around, parsed.GetValue(directory)), parsed.GetValue(json)));
        return new Verb("audit", "Look after the audit log.", "enkryptify-gateway audit verify") { verify };
    }

    private static int Verify(Surroundings around, string directory, bool json)
    {
        ChainReport report;
        try
        {
            report = ChainVerifier.Verify(directory);
        }
        catch (Exception error) when (error is SqliteException or StorageException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCode.Error, $"the audit log in {directory} cannot be read: {error.Message}", null);
        }

        foreach (var problem in report.Problems)
        {
            around.Error.WriteLine($"error: {problem}");
        }

        if (json)
        {
            around.Output.WriteLine(Encoding.UTF8.GetString(JsonBody.Of(writer =>
            {
                writer.WriteString("dataDirectory"u8, directory);
                writer.WriteBoolean("valid"u8, report.Problems.Count == 0);
                writer.WriteNumber("entries"u8, report.Entries);
                writer.WriteString("head"u8, report.HeadDigest);
                writer.WriteNumber("anchored"u8, report.Anchored);
                writer.WriteNumber("notYetAnchored"u8, report.NotYetAnchored);
                writer.WriteStartArray("problems"u8);
                foreach (var problem in report.Problems)
                {
                    writer.WriteStringValue(problem);
                }

                writer.WriteEndArray();
            })));
        }
        else if (report.Problems.Count == 0)
        {
            around.Output.WriteLine(
                $"ok: {directory}: {report.Entries} entries, anchored up to {report.Anchored} ({report.NotYetAnchored} newest not yet anchored), head {report.HeadDigest}");
        }

        return report.Problems.Count == 0 ? ExitCode.Ok : ExitCode.Error;
    }
}
