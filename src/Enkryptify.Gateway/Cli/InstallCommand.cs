using System.CommandLine;
using System.ComponentModel;
using System.Text;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Operations.Install;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Cli;

/// <summary>
/// <c>install</c> and <c>uninstall</c>: this executable as a systemd service of this host. They need no network and nothing beside the executable, and never
/// remove data, configuration or keys. What is there already is kept: a second <c>install</c> only renews executable, unit and user.
/// </summary>
internal static class InstallCommand
{
    private const int ConfirmedLetters = 6;

    public static IEnumerable<Command> Build(Surroundings around)
    {
        Option<string> root = new("--root") { HelpName = "DIR", Description = "Install below this directory instead of /; nothing of the host's is run.", DefaultValueFactory = _ => "/" };
        Option<bool> dryRun = new("--dry-run") { Description = "Say what would be done, and do nothing." };
        Option<string?> keyFile = new("--key-file") { HelpName = "FILE", Description = "Take this master key (your copy of it) instead of making one." };
        Option<string?> escrow = new("--escrow-file") { HelpName = "FILE", Description = "Write the copy of a new key here (mode 0600) instead of showing it: a removable disk, say." };
        Verb install = new("install", "Install this executable as a systemd service; needs root.", "enkryptify-gateway install", "enkryptify-gateway install --dry-run") { root, dryRun, keyFile, escrow };
        install.SetAction(parsed => Guard(() => Install(
            around, Place(around, parsed.GetValue(root)!), parsed.GetValue(dryRun), parsed.GetValue(keyFile), parsed.GetValue(escrow))));
        Verb uninstall = new("uninstall", "Remove the service; data, configuration and keys stay. Needs root.", "enkryptify-gateway uninstall") { root, dryRun };
        uninstall.SetAction(parsed => Guard(() => Uninstall(around, Place(around, parsed.GetValue(root)!), parsed.GetValue(dryRun))));
        return [install, uninstall];
    }

    private static int Install(Surroundings around, Installation place, bool dryRun, string? keyFile, string? escrow)
    {
        RequireRoot(around, place, dryRun);
        var steps = new Steps(around.Error, dryRun);

        // All that can be refused is refused before the first file is written.
        var key = place.HasKey ? null : KeyToUse(around, place, dryRun, keyFile, escrow);
        if (place.HasKey && keyFile is not null)
        {
            throw new CommandFailure(ExitCode.Error, "there is a master key already, and it is kept", "leave --key-file out");
        }

        var self = Environment.ProcessPath ?? throw new CommandFailure(ExitCode.Error, "this executable's own path is not known", null);
        if (self != place.Executable)
        {
            steps.Copy(self, place.Executable, Steps.Program);
        }

        steps.Write(place.Users, Installation.Packaged("sysusers.conf"), Steps.Readable);
        steps.Write(place.Unit, Installation.UnitText(), Steps.Readable);
        if (!File.Exists(place.Configuration))
        {
            steps.Write(place.Configuration, Installation.FirstConfiguration(), Steps.Readable);
        }

        if (key is { } text)
        {
            StoreKey(place, steps, text);
        }

        if (place.IsHost)
        {
            steps.Run("systemd-sysusers", [place.Users]);
            if (Directory.Exists("/run/systemd/system"))
            {
                steps.Run("systemctl", ["daemon-reload"]);
            }
        }

        Next(around, place, dryRun);
        return ExitCode.Ok;
    }

    private static int Uninstall(Surroundings around, Installation place, bool dryRun)
    {
        RequireRoot(around, place, dryRun);
        var steps = new Steps(around.Error, dryRun);
        if (place.IsHost && Directory.Exists("/run/systemd/system"))
        {
            steps.Run("systemctl", ["disable", "--now", Installation.Name + ".service"], mayFail: true);
        }

        steps.Remove(place.PlainKeyDropIn);
        steps.Remove(place.Unit);
        steps.Remove(place.Executable);
        if (place.IsHost && Directory.Exists("/run/systemd/system"))
        {
            steps.Run("systemctl", ["daemon-reload"]);
        }

        around.Error.WriteLine($"kept: {place.Data} (data), {Path.GetDirectoryName(place.Configuration)} (configuration and master key), the user {Installation.Name} and {place.Users}");
        around.Error.WriteLine("Without the master key the data can never be opened again: remove either only when you are sure of both.");
        return ExitCode.Ok;
    }

    private static string? KeyToUse(Surroundings around, Installation place, bool dryRun, string? keyFile, string? escrow)
    {
        if (keyFile is not null)
        {
            var reference = new SecretReference(SecretReferenceKind.File, Path.GetFullPath(keyFile, around.WorkingDirectory));
            return Convert.ToBase64String(MasterKey.Load(reference).Bytes);
        }

        if (File.Exists(Path.Combine(place.Data, Database.FileName)))
        {
            throw new CommandFailure(ExitCode.Error, $"there is data in {place.Data} and no master key: a new one could not open it", "give your copy of its key with --key-file");
        }

        if (dryRun)
        {
            around.Error.WriteLine("would make a master key, and have you keep a copy of it");
            return "";
        }

        var made = MasterKey.NewText();
        if (escrow is not null)
        {
            var path = Path.GetFullPath(escrow, around.WorkingDirectory);
            if (File.Exists(path))
            {
                throw new CommandFailure(ExitCode.Error, $"{path} is there already, and is not overwritten", "name a new file");
            }

            PrivateFile.Write(path, made + "\n");
            around.Error.WriteLine($"the copy of the master key is in {path}: take it away from this host");
            return made;
        }

        if (!around.InputIsTerminal || !around.ErrorIsTerminal)
        {
            throw new CommandFailure(ExitCode.Usage, "a new master key has to be written down, and there is no terminal to show it on", "give --escrow-file FILE, or --key-file FILE with a key of your own");
        }

        around.Error.WriteLine("The master key of this installation. Write it down and keep it away from this host: without it nothing can ever be opened again.");
        around.Error.WriteLine($"\n    {made}\n");
        using var answers = new StreamReader(around.Input, Encoding.UTF8, leaveOpen: true);
        for (var tries = 0; tries < 3; tries++)
        {
            around.Error.Write($"Its last {ConfirmedLetters} characters before the = sign, from your copy: ");
            if (answers.ReadLine()?.Trim() == made.TrimEnd('=')[^ConfirmedLetters..])
            {
                return made;
            }
        }

        throw new CommandFailure(ExitCode.Error, "the copy of the key was not confirmed; nothing was installed", null);
    }

    /// <summary>Sealed to this host where systemd can do it; else as it is, for root alone, with a drop-in that says so to the unit.</summary>
    private static void StoreKey(Installation place, Steps steps, string key)
    {
        if (place.IsHost && File.Exists("/usr/bin/systemd-creds"))
        {
            steps.Run("systemd-creds", ["encrypt", "--name=master.key", "-", place.SealedKey], key);
        }
        else
        {
            steps.Write(place.PlainKey, key + "\n", Steps.Secret);
            steps.Write(place.PlainKeyDropIn, $"[Service]\nLoadCredentialEncrypted=\nLoadCredential=master.key:/etc/{Installation.Name}/master.key\n", Steps.Readable);
        }
    }

    private static void Next(Surroundings around, Installation place, bool dryRun)
    {
        if (dryRun)
        {
            return;
        }

        around.Error.WriteLine(
            $"""

            Installed. Next:
              1. look at {place.Configuration}
              2. make the first owner (see "Set up as a service" in docs/operations.md)
              3. systemctl enable --now {Installation.Name}
            """);
    }

    private static Installation Place(Surroundings around, string root) => new(root == "/" ? root : Path.GetFullPath(root, around.WorkingDirectory));

    private static void RequireRoot(Surroundings around, Installation place, bool dryRun)
    {
        if (place.IsHost && !dryRun && around.UserId != 0)
        {
            throw new CommandFailure(ExitCode.Denied, "only root installs and uninstalls a service", "run it with sudo, or look first with --dry-run");
        }
    }

    private static int Guard(Func<int> work)
    {
        try
        {
            return work();
        }
        catch (UnusableSettingException error)
        {
            throw new CommandFailure(ExitCode.Error, error.Message, null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or StorageException or Win32Exception)
        {
            throw new CommandFailure(ExitCode.Error, $"stopped half-way: {error.Message}", "correct it and run the verb again: what was done already is kept");
        }
    }
}
