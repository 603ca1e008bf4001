using System.Collections.Immutable;
using System.Text;

namespace Enkryptify.Gateway.Configuration;

/// <summary>
/// Sources in, configuration or all mistakes out. Nothing is read but the file itself: not the master key, not the data directory.
/// </summary>
internal static class ConfigLoader
{
    /// <summary>A configuration is a page long; more is a wrong path.</summary>
    private const int MostBytes = 256 * 1024;

    public static ConfigResult Load(ConfigSources sources)
    {
        var errors = new List<ConfigError>();
        string? path = sources.FilePath ?? (sources.Environment.TryGetValue(ConfigSources.FileVariable, out string? named) ? named : null);
        string? text = path is not null ? ReadText(path, mustExist: true, errors)
            : sources.FallbackFilePath is not null ? ReadText(path = sources.FallbackFilePath, mustExist: false, errors)
            : null;
        TomlFile file = text is null ? TomlFile.Empty : TomlFile.Parse(text);
        errors.AddRange(file.Mistakes.Select(mistake => new ConfigError(path!, mistake.Line, "", mistake.Message)));
        var broken = file.Mistakes.Select(mistake => mistake.Line).ToHashSet();

        var reader = new SettingReader(sources, text is null ? null : path, file, errors);
        GatewayConfig config = ConfigSchema.Read(reader);

        var unknown = new UnknownKeys([.. reader.Settings.Select(setting => setting.Key).Where(key => !key.Contains('[', StringComparison.Ordinal))], reader.Lists);
        // What is left of a line that is not TOML is not judged again.
        errors.AddRange(unknown.InFile(path ?? "", file).Where(error => !broken.Contains(error.Line)));
        SecretReference?[] secrets = [config.Encryption.MasterKey, config.Sso?.ClientSecret, config.Server.Tls?.Key, config.Metrics.Token, config.Warnings.WebhookSecret, .. config.Backends.Select(backend => backend.Credential)];
        errors.AddRange(unknown.InEnvironment(
            sources.Environment.Keys, [.. secrets.Where(secret => secret?.Kind == SecretReferenceKind.Environment).Select(secret => secret!.Value)]));
        errors.AddRange(unknown.InFlags(sources.Flags.Keys));

        ImmutableArray<ConfigError> sorted = [.. errors.OrderBy(error => error.File == path ? 0 : 1)
            .ThenBy(error => error.Line).ThenBy(error => error.File, StringComparer.Ordinal)];
        return new ConfigResult(sorted.IsEmpty ? config : null, sorted, [.. reader.Settings]);
    }

    /// <summary>
    /// The quick start: data and master key lie in <paramref name="dataDirectory"/> and clear text stays on loopback, whatever the other sources say,
    /// so that trying the gateway out can neither open the data of an installed one nor be seen from the network.
    /// </summary>
    public static ConfigResult LoadDev(string dataDirectory, ConfigSources sources)
    {
        string directory = Path.GetFullPath(dataDirectory);
        return Load(sources with
        {
            FallbackFilePath = null,
            Flags = sources.Flags.ToImmutableDictionary()
                .SetItem("storage.data_dir", directory)
                .SetItem("encryption.master_key", $"file:{Path.Combine(directory, "master.key")}")
                .SetItem("server.allow_cleartext", "false"),
        });
    }

    private static string? ReadText(string path, bool mustExist, List<ConfigError> errors)
    {
        if (path.Length == 0)
        {
            errors.Add(new ConfigError(ConfigSources.FileVariable, 0, "", "must name a file, in the variable as in --config"));
            return null;
        }
        try
        {
            using FileStream stream = File.OpenRead(path);
            using var reader = new StreamReader(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            if (stream.Length <= MostBytes)
            {
                return reader.ReadToEnd();
            }
            errors.Add(new ConfigError(path, 0, "", $"is larger than {MostBytes / 1024} KiB"));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            if (mustExist)
            {
                errors.Add(new ConfigError(path, 0, "", "no such file"));
            }
        }
        catch (DecoderFallbackException)
        {
            errors.Add(new ConfigError(path, 0, "", "is not UTF-8 text"));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A fallback that is there and cannot be read must not pass for one that is absent.
            errors.Add(new ConfigError(path, 0, "", $"cannot be read: {failure.Message}"));
        }
        return null;
    }
}
