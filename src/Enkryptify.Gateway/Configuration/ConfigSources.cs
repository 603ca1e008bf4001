using System.Collections;
using System.Collections.Immutable;

namespace Enkryptify.Gateway.Configuration;

/// <summary>Everything a configuration is read from, in rising precedence: file, environment, flags.</summary>
internal sealed record ConfigSources
{
    /// <summary>Names the file when no flag does.</summary>
    public const string FileVariable = "ENKRYPTIFY_CONFIG";

    private const string InstalledFile = "/etc/enkryptify-gateway/enkryptify.toml";

    /// <summary>The file named by <c>--config</c>; it has to exist.</summary>
    public string? FilePath { get; init; }

    /// <summary>Read when no file is named, and only if it exists.</summary>
    public string? FallbackFilePath { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Key path (<c>server.listen</c>) to value; several values are separated by commas.</summary>
    public IReadOnlyDictionary<string, string> Flags { get; init; } = ImmutableDictionary<string, string>.Empty;

    public static ConfigSources FromProcess(string? filePath = null) => new()
    {
        FilePath = filePath,
        FallbackFilePath = InstalledFile,
        Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToImmutableDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal),
    };
}
