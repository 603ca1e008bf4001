using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Audit.Segments;
using Enkryptify.Gateway.Storage;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>audit export</c>: the log as JSON lines that keep the chain. Reads the files, as <c>audit verify</c> does.</summary>
internal static class AuditExportCommand
{
    public static Command Build(Surroundings around, Option<string?> directory)
    {
        Option<string?> from = new("--from") { HelpName = "TIME", Description = "The first entry at or after this time begins the export (ISO-8601, UTC unless it says otherwise)." };
        Option<string?> to = new("--to") { HelpName = "TIME", Description = "The last entry at or before this time ends it; those up to the next signed checkpoint come along." };
        Option<string?> file = new("--out") { HelpName = "FILE", Description = "A new file, for its owner alone. Default: standard output." };
        Verb verb = new(
            "export", "Write the audit log as JSON lines that keep the chain; 'audit verify FILE' checks them anywhere.",
            "enkryptify-gateway audit export --from 2026-01-01 --to 2026-02-01 --out january.jsonl", "enkryptify-gateway audit export --data-dir /var/lib/enkryptify-gateway")
        {
            directory, from, to, file,
        };
        verb.SetAction(parsed => Export(
            around, AdminSocket.DataDirectory(around, parsed.GetValue(directory)), Time("--from", parsed.GetValue(from)), Time("--to", parsed.GetValue(to)), parsed.GetValue(file)));
        return verb;
    }

    private static DateTimeOffset? Time(string option, string? text) => text is null ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new CommandFailure(ExitCode.Usage, $"{option} {text}: must be an ISO-8601 time, such as 2026-01-31 or 2026-01-31T12:00:00Z", null);

    private static int Export(Surroundings around, string directory, DateTimeOffset? from, DateTimeOffset? to, string? file)
    {
        var path = file is null ? null : Path.GetFullPath(file, around.WorkingDirectory);
        if (path is not null && File.Exists(path))
        {
            throw new CommandFailure(ExitCode.Error, $"{path} is there already", "name another file: an export is never written over");
        }

        try
        {
            using var export = new AuditExport(directory);
            var report = path is null ? Print(around, export, from, to) : Save(path, export, from, to);
            if (report is null)
            {
                throw new CommandFailure(ExitCode.NotFound, "no entry of the audit log lies in that span", null);
            }

            around.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"exported entries {report.First} to {report.Last}; {(report.Anchored == 0 ? "no signed checkpoint lies among them" : $"signed checkpoints vouch for them up to {report.Anchored}")}"));
            return ExitCode.Ok;
        }
        catch (Exception error) when (error is SqliteException or StorageException or IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CommandFailure(ExitCode.Error, $"the audit log in {directory} cannot be exported: {error.Message}", null);
        }
    }

    private static ExportReport? Print(Surroundings around, AuditExport export, DateTimeOffset? from, DateTimeOffset? to)
    {
        using var output = new TextStream(around.Output);
        return export.Write(output, from, to);
    }

    /// <summary>Under its own name only when it is whole.</summary>
    private static ExportReport? Save(string path, AuditExport export, DateTimeOffset? from, DateTimeOffset? to)
    {
        var next = path + ".new";
        File.Delete(next);
        ExportReport? report;
        using (var output = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 128 * 1024, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            report = export.Write(output, from, to);
            output.Flush(flushToDisk: true);
        }

        if (report is null)
        {
            File.Delete(next);
        }
        else
        {
            File.Move(next, path);
        }

        return report;
    }

    /// <summary>Standard output as a stream: whole lines of UTF-8 become text, some tens of kilobytes at a time.</summary>
    private sealed class TextStream(TextWriter output) : MemoryStream
    {
        private const int Enough = 64 * 1024;

        public override void Write(ReadOnlySpan<byte> bytes)
        {
            base.Write(bytes);
            if (Length >= Enough && bytes.EndsWith("\n"u8))
            {
                Flush();
            }
        }

        public override void Flush()
        {
            output.Write(Encoding.UTF8.GetString(GetBuffer().AsSpan(0, (int)Length)));
            SetLength(0);
            output.Flush();
        }
    }
}
