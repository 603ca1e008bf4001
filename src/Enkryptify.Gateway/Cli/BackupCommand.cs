using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Storage.Backup;

namespace Enkryptify.Gateway.Cli;

/// <summary>
/// <c>backup</c>: the running gateway makes it, goes on serving, and goes on with it when this process is gone; <c>--offline</c> makes one of a stopped store.
/// </summary>
internal static class BackupCommand
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    public static Command Build(Surroundings around)
    {
        Option<string?> to = new("--to")
        {
            HelpName = "FILE|DIR",
            Description = "A file that is not there yet, or a directory that is; one that the gateway's user may write to. Default: backup.directory of the configuration.",
        };
        Option<bool> offline = new("--offline") { Description = "Of a stopped gateway's store, by this process. Needs --to." };
        Option<string?> file = new("--config") { HelpName = "FILE", Description = "With --offline: the configuration, which names the data directory and the master key." };
        ManagementVerb verb = new(
            "backup", "Make an encrypted backup of all data, verified after it was written, while the gateway serves.", around,
            "enkryptify-gateway backup", "enkryptify-gateway backup --to /var/backups/enkryptify", "enkryptify-gateway backup --offline --config enkryptify.toml --to store.ekbackup")
        {
            to, offline, file,
        };
        verb.Validators.Add(result =>
        {
            if (result.GetValue(offline) ? result.GetValue(to) is null : result.GetValue(file) is not null)
            {
                result.AddError(result.GetValue(offline) ? "--offline needs --to" : "--config belongs to --offline: the running gateway has its configuration");
            }
        });
        return verb.Does(async (call, cancel) =>
        {
            var place = call.Value(to) is { } given ? Path.GetFullPath(given, around.WorkingDirectory) : null;
            JsonElement made = call.Value(offline) ? Offline(around, call.Value(file), place!, cancel) : await Online(call, place, cancel);
            call.Answer(made, people: answer =>
            {
                around.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{Size(answer.Member("bytes").GetInt64())}, {answer.Member("entries").GetInt64()} audit entries, verified; a restore needs master key {answer.Text("masterKeyId")}"));
                around.Output.WriteLine(Printable.Of(answer.Text("path")!));
            });
        });
    }

    internal static string Size(long bytes) => bytes < 10 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, bytes >> 10)} KiB") : string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MiB");

    private static async Task<JsonElement> Online(AdminCall call, string? to, CancellationToken cancel)
    {
        JsonElement status = await call.Client.PostAsync("/v1/backup", to is null ? null : JsonBody.Of(writer => writer.WriteString("to"u8, to)), cancel);
        var id = status.Member("running").Text("id");
        using ProgressLine progress = new(call.Around);
        while (status.Member("running") is { ValueKind: JsonValueKind.Object } running && running.Text("id") == id)
        {
            progress.Show(running.Text("phase")!, running.Member("done").GetInt64(), running.Member("total").GetInt64());
            await Task.Delay(Poll, call.Around.Clock, cancel);
            status = await call.Client.GetAsync("/v1/backup", cancel);
        }

        var last = status.Member("last");
        return last.Text("id") != id ? throw new CommandFailure(ExitCode.Error, "another backup ended meanwhile, and this one's end is not known", "the audit log tells: BACKUP")
            : last.Text("problem") is { } problem ? throw new CommandFailure(ExitCode.Error, problem)
            : last;
    }

    /// <summary>Under the lock of the data directory, and without writing to the store: so the audit log cannot note it.</summary>
    private static JsonElement Offline(Surroundings around, string? file, string to, CancellationToken cancel)
    {
        var config = RunningGateway.Require(ConfigLoader.Load(ConfigSources.FromProcess(file)));
        RunningGateway.PrivateFiles();
        try
        {
            var master = MasterKey.Load(config.Encryption.MasterKey);
            var directory = config.Storage.DataDirectory;
            if (!File.Exists(Path.Combine(directory, Database.FileName)))
            {
                throw new CommandFailure(ExitCode.NotFound, $"there is no store in {directory}");
            }

            using var held = DataDirectoryLock.Take(directory);
            RequireKey(directory, master);
            using ProgressLine line = new(around);
            var id = Ids.New(around.Clock);
            var made = BackupFile.Make(
                directory, to, BackupOrigin.Operator, BackupKey.Of(master), id, around.Clock, new BackupProgress(now => line.Show(now.Phase, now.Done, now.Total)), cancel);
            return JsonElement.Parse(JsonBody.Of(writer =>
            {
                writer.WriteString("id"u8, id);
                writer.WriteString("path"u8, made.Path);
                writer.WriteString("takenAt"u8, made.Manifest.TakenAt);
                writer.WriteNumber("bytes"u8, made.Bytes);
                writer.WriteNumber("entries"u8, made.Manifest.Audit.Entries);
                writer.WriteString("masterKeyId"u8, made.Header.MasterKeyId);
            }));
        }
        catch (MasterKeyException error)
        {
            throw new CommandFailure(ExitCode.BadConfiguration, error.Message);
        }
        catch (Exception error) when (error is BackupException or StorageException)
        {
            throw new CommandFailure(ExitCode.Error, error.Message, error is StorageException ? "the running gateway makes one itself: enkryptify-gateway backup" : null);
        }
    }

    /// <summary>A backup under a key that does not open the store in it would be found useless on the day it is needed.</summary>
    private static void RequireKey(string directory, MasterKey master)
    {
        using var sql = Database.OpenReader(Path.Combine(directory, Database.FileName));
        foreach (var (id, next) in sql.Query(
            sql.Any("SELECT 1 FROM pragma_table_info('key_encryption_key') WHERE name = 'next_master_key_id'")
                ? "SELECT master_key_id, next_master_key_id FROM key_encryption_key WHERE state = 'current'" : "SELECT master_key_id, NULL FROM key_encryption_key WHERE state = 'current'",
            row => (row.GetString(0), row.TextOrNull(1))))
        {
            if (id != master.Id && next != master.Id)
            {
                throw new MasterKeyException($"this database is sealed under the master key with id {id}, but the one given has id {master.Id}. Give the right key; nothing was changed.");
            }
        }
    }
}
