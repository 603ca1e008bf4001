using System.CommandLine;
using System.Globalization;
using System.Text;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Storage.Backup;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>restore</c>: looks a backup through, or puts it in a data directory's place. Needs no running gateway, and refuses while one runs there.</summary>
internal static class RestoreCommand
{
    public static Command Build(Surroundings around)
    {
        Argument<string> file = new("FILE") { Description = "The backup." };
        Option<bool> check = new("--check") { Arity = ArgumentArity.Zero, Description = "Look it through to the last byte, and change nothing." };
        Option<string?> to = new("--to") { HelpName = "DIR", Description = "The data directory to restore to." };
        Option<string?> config = new("--config") { HelpName = "FILE", Description = "The configuration; its encryption.master_key is taken." };
        Option<string?> key = new("--master-key") { HelpName = "FILE|-|credential:NAME|env:NAME", Description = "The master key of the time when it was made, instead of the configuration's; - reads standard input." };
        Option<bool> replace = new("--replace") { Description = "Replace a store that is there. It is kept aside under another name." };
        Option<bool> newer = new("--replace-newer") { Description = "As --replace, also one that is newer than the backup, another store, or one that cannot be read." };
        Option<bool> revoke = new("--revoke-credentials") { Description = "Revoke every credential and open invitation in it: those that were revoked after the backup would be valid again." };
        Option<bool> despite = new("--despite-audit") { Description = "Restore it although its audit log does not verify." };
        Option<bool> json = new("--json") { Description = "One JSON document on standard output." };
        Verb verb = new(
            "restore", "Check a backup, or restore it.", "enkryptify-gateway restore --check store.ekbackup --config enkryptify.toml",
            "enkryptify-gateway restore store.ekbackup --to /var/lib/enkryptify-gateway --config enkryptify.toml")
        {
            file, check, to, config, key, replace, newer, revoke, despite, json,
        };
        verb.Validators.Add(result =>
        {
            if (result.GetValue(check) == result.GetValue(to) is not null)
            {
                result.AddError("give either --check or --to DIR");
            }
            else if (result.GetValue(check) && (result.GetValue(replace) || result.GetValue(newer) || result.GetValue(revoke) || result.GetValue(despite)))
            {
                result.AddError("--check changes nothing: --replace, --replace-newer, --revoke-credentials and --despite-audit belong to --to DIR");
            }
        });
        verb.SetAction(async (parsed, cancel) =>
        {
            RunningGateway.PrivateFiles();
            var path = Path.GetFullPath(parsed.GetValue(file)!, around.WorkingDirectory);
            try
            {
                var master = await MasterKeyOf(around, parsed.GetValue(key), parsed.GetValue(config), cancel);
                using ProgressLine line = new(around);
                var progress = new BackupProgress(now => line.Show(now.Phase, now.Done, now.Total));
                if (parsed.GetValue(check))
                {
                    var found = BackupCheck.Run(path, master, progress, cancel);
                    line.Dispose();
                    return Tell(around, found, null, parsed.GetValue(json));
                }

                var wishes = new RestoreWishes(parsed.GetValue(replace), parsed.GetValue(newer), parsed.GetValue(revoke), parsed.GetValue(despite));
                var restored = StoreRestore.Run(path, master, Path.GetFullPath(parsed.GetValue(to)!, around.WorkingDirectory), wishes, around.Clock, progress, cancel);
                line.Dispose();
                return Tell(around, restored.Backup, restored, parsed.GetValue(json));
            }
            catch (UnusableSettingException error)
            {
                throw new CommandFailure(ExitCode.BadConfiguration, error.Message);
            }
            catch (BackupException error)
            {
                throw new CommandFailure(error.Reason switch { "not_found" => ExitCode.NotFound, "wrong_master_key" => ExitCode.BadConfiguration, _ => ExitCode.Error }, error.Message);
            }
            catch (StorageException error)
            {
                throw new CommandFailure(ExitCode.Error, error.Message);
            }
        });
        return verb;
    }

    /// <summary>A plain path is a file. Standard input serves keys that lie in no file: systemd-creds decrypt NAME - | … --master-key -</summary>
    private static async Task<MasterKey> MasterKeyOf(Surroundings around, string? given, string? config, CancellationToken cancel)
    {
        if (given is null)
        {
            return MasterKey.Load(RunningGateway.Require(ConfigLoader.Load(ConfigSources.FromProcess(config))).Encryption.MasterKey);
        }

        if (given == "-")
        {
            var text = new byte[1024];
            return MasterKey.Of(text[..await around.Input.ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, cancel)], "standard input");
        }

        return MasterKey.Load(given.Split(':', 2) switch
        {
            ["credential", var name] => new SecretReference(SecretReferenceKind.Credential, name),
            ["env", var name] => new SecretReference(SecretReferenceKind.Environment, name),
            ["file", var path] => new SecretReference(SecretReferenceKind.File, Path.GetFullPath(path, around.WorkingDirectory)),
            _ => new SecretReference(SecretReferenceKind.File, Path.GetFullPath(given, around.WorkingDirectory)),
        });
    }

    private static int Tell(Surroundings around, CheckedBackup backup, Restored? restored, bool json)
    {
        foreach (var problem in backup.Chain.Problems)
        {
            around.Error.WriteLine($"error: the audit log in the backup: {Printable.Of(problem)}");
        }

        if (json)
        {
            around.Output.WriteLine(Json(backup, restored));
        }
        else
        {
            var manifest = backup.Manifest;
            around.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"taken        {manifest.TakenAt:yyyy-MM-dd HH:mm:ss} UTC by version {manifest.Product}, schema {manifest.Schema}"));
            around.Output.WriteLine($"store        {manifest.StoreId}, master key {backup.Header.MasterKeyId}");
            around.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"content      {BackupCommand.Size(backup.Bytes)}, {manifest.Files.Count} files, {manifest.Rows.Values.Sum()} rows in {manifest.Rows.Count} tables, all read and compared"));
            around.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"audit log    {manifest.Audit.Entries} entries, {(backup.Chain.Problems.Count == 0 ? "verified" : "DOES NOT VERIFY")}, {backup.Chain.NotYetAnchored} not anchored"));
        }

        if (restored is not null)
        {
            Warn(around, restored);
            return ExitCode.Ok;
        }

        return backup.Chain.Problems.Count == 0 ? ExitCode.Ok : ExitCode.Error;
    }

    /// <summary>A restore turns time back, for whoever was shut out since too.</summary>
    private static void Warn(Surroundings around, Restored restored)
    {
        var since = string.Create(CultureInfo.InvariantCulture, $"{restored.Backup.Manifest.TakenAt:yyyy-MM-dd HH:mm:ss} UTC");
        around.Error.WriteLine(restored.KeptAside is null ? "restored." : $"restored; what was there before is in {Printable.Of(restored.KeptAside)}");
        around.Error.WriteLine("Everybody has to sign in again, and machines exchange again: sessions and JWTs of before are refused.");
        around.Error.WriteLine(restored.Revoked is { } revoked
            ? string.Create(CultureInfo.InvariantCulture, $"{revoked} credentials and all open invitations were revoked; make new ones.")
            : string.Create(
                CultureInfo.InvariantCulture, $"WARNING: {restored.Credentials} API tokens and identities are valid as they were at {since}. Those that were revoked, rotated or whose creator was removed after that are valid AGAIN; so are passwords, members and invitations of then. Revoke them anew (the audit log of the store kept aside names them), or restore with --revoke-credentials."));
    }

    private static string Json(CheckedBackup backup, Restored? restored) => Encoding.UTF8.GetString(JsonBody.Of(writer =>
    {
        writer.WriteString("id"u8, backup.Header.Id);
        writer.WriteString("storeId"u8, backup.Manifest.StoreId);
        writer.WriteString("masterKeyId"u8, backup.Header.MasterKeyId);
        writer.WriteString("takenAt"u8, backup.Manifest.TakenAt);
        writer.WriteString("product"u8, backup.Manifest.Product);
        writer.WriteNumber("schema"u8, backup.Manifest.Schema);
        writer.WriteNumber("bytes"u8, backup.Bytes);
        writer.WriteStartObject("rows"u8);
        foreach (var (table, rows) in backup.Manifest.Rows)
        {
            writer.WriteNumber(table, rows);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("audit"u8);
        writer.WriteNumber("entries"u8, backup.Manifest.Audit.Entries);
        writer.WriteString("head"u8, backup.Manifest.Audit.Head);
        writer.WriteNumber("notYetAnchored"u8, backup.Chain.NotYetAnchored);
        writer.WriteStrings("problems", backup.Chain.Problems);
        writer.WriteEndObject();
        if (restored is not null)
        {
            writer.WriteString("keptAside"u8, restored.KeptAside);
            writer.WriteNumber("validCredentials"u8, restored.Credentials);
            writer.WriteNumber("revokedCredentials"u8, restored.Revoked ?? 0);
        }
    }));
}
