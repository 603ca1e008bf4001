using System.CommandLine;
using System.Text;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Storage;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>audit verify</c>: reads the files of a data directory, or an export; needs neither the gateway nor the master key.</summary>
internal static class AuditCommands
{
    public static Command Build(Surroundings around)
    {
        Option<string?> directory = new("--data-dir")
        {
            HelpName = "DIR",
            Description = "The data directory, or a copy of it. Default: ./.enkryptify-dev where it exists, else /var/lib/enkryptify-gateway.",
        };
        Argument<string?> file = new("FILE")
        {
            Arity = ArgumentArity.ZeroOrOne, Description = "An export of the log ('audit export'), or a copy of a sealed segment, instead of a data directory.",
        };
        Option<bool> json = new("--json") { Description = "One JSON document on standard output." };
        Option<string[]> key = new("--key")
        {
            HelpName = "FILE|KEY",
            Description = "An audit public key that you kept (init and 'key rotate audit' print it), or a file of them, in base64, hex or PEM. Without it the keys are taken from the "
                + "database that is checked, which somebody who rewrote the log could have replaced too. May be repeated.",
        };
        Verb verify = new(
            "verify", "Check that no entry of the audit log was altered, removed, reordered or cut off.", "enkryptify-gateway audit verify --data-dir /var/lib/enkryptify-gateway",
            "enkryptify-gateway audit verify --key /root/audit-public-key.txt",
            "enkryptify-gateway audit verify january.jsonl --key /root/audit-public-key.txt")
        {
            file, directory, key, json,
        };
        verify.SetAction(parsed => parsed.GetValue(file) is { } path
            ? parsed.GetValue(directory) is null
                ? Verify(around, Path.GetFullPath(path, around.WorkingDirectory), ChainVerifier.VerifyFile, Given(parsed.GetValue(key) ?? []), parsed.GetValue(json))
                : throw new CommandFailure(ExitCode.Usage, "FILE and --data-dir are two places: give one", null)
            : Verify(around, AdminSocket.DataDirectory(around, parsed.GetValue(directory)), ChainVerifier.Verify, Given(parsed.GetValue(key) ?? []), parsed.GetValue(json)));
        return new Verb("audit", "Look after the audit log.", "enkryptify-gateway audit verify") { verify, AuditExportCommand.Build(around, directory) };
    }

    private static List<byte[]> Given(string[] keys)
    {
        List<byte[]> given = [];
        foreach (var key in keys)
        {
            string text;
            try
            {
                text = File.Exists(key) ? File.ReadAllText(key) : key;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new CommandFailure(ExitCode.Error, $"--key {key} cannot be read: {error.Message}", null);
            }

            given.AddRange(PublicKeyText.Parse(text) ?? throw new CommandFailure(
                ExitCode.Usage, $"--key {key}: neither a file that holds audit public keys nor a key itself", "what init and 'key rotate audit' print, in base64, hex or PEM"));
        }

        return given;
    }

    private static int Verify(Surroundings around, string place, Func<string, IReadOnlyList<byte[]>?, ChainReport> verify, List<byte[]> given, bool json)
    {
        ChainReport report;
        try
        {
            report = verify(place, given);
        }
        catch (Exception error) when (error is SqliteException or StorageException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCode.Error, $"the audit log in {place} cannot be read: {error.Message}", null);
        }

        foreach (var problem in report.Problems)
        {
            around.Error.WriteLine($"error: {problem}");
        }

        if (json)
        {
            around.Output.WriteLine(Encoding.UTF8.GetString(JsonBody.Of(writer =>
            {
                writer.WriteString(verify == ChainVerifier.Verify ? "dataDirectory"u8 : "file"u8, place);
                writer.WriteBoolean("valid"u8, report.Problems.Count == 0);
                writer.WriteNumber("first"u8, report.First);
                writer.WriteNumber("entries"u8, report.Entries);
                writer.WriteNumber("segments"u8, report.Segments);
                writer.WriteString("head"u8, report.HeadDigest);
                writer.WriteNumber("anchored"u8, report.Anchored);
                writer.WriteBoolean("keysGiven"u8, given.Count > 0);
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
                $"ok: {place}: {(report.First == 1 ? $"{report.Entries} entries" : $"entries {report.First} to {report.Entries}")}{(report.Segments == 0 ? "" : $" ({report.Segments} sealed segments)")}, anchored up to {report.Anchored} ({report.NotYetAnchored} newest not yet anchored), head {report.HeadDigest}");
            if (given.Count == 0)
            {
                around.Error.WriteLine("The keys were taken from what was checked; --key checks with one that was kept elsewhere.");
            }
        }

        return report.Problems.Count == 0 ? ExitCode.Ok : ExitCode.Error;
    }
}
