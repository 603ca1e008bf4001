using System.Collections.Immutable;

namespace Enkryptify.Gateway.Configuration;

/// <summary>
/// Looks up one key after another in all sources. Every source that has the key is checked, also one that a higher one overrides:
/// a mistake in the file is a mistake on the day the flag is gone. The keys asked for are the keys there are.
/// </summary>
internal sealed class SettingReader(ConfigSources sources, string? filePath, TomlFile file, List<ConfigError> errors)
{
    private readonly List<ConfigSetting> _settings = [];
    private readonly HashSet<string> _unsound = [];
    private readonly string _fileDirectory = Path.GetDirectoryName(Path.GetFullPath(filePath ?? "./-"))!;

    public IReadOnlyList<ConfigSetting> Settings => _settings;

    public T Value<T>(string key, ValueKind<T> kind, T fallback)
    {
        T value = fallback;
        ConfigSource source = ConfigSource.Default;
        foreach ((ConfigSource candidate, RawValue raw, string directory) in WrittenFor(key))
        {
            int faults = errors.Count;
            T? read = kind.Read(raw, new ReadingPlace(key, candidate, directory, errors));
            if (errors.Count > faults)
            {
                _unsound.Add(key);
            }
            else
            {
                (value, source) = (read!, candidate);
            }
        }
        _settings.Add(new ConfigSetting(key, kind.Show(value), source));
        return value;
    }

    /// <summary>False when some source of the key was refused, so that what was read for it says nothing.</summary>
    public bool IsSound(string key) => !_unsound.Contains(key);

    /// <summary>Refuses a value that is right by itself and wrong beside the others.</summary>
    public void Reject(string key, string message)
    {
        ConfigSource source = _settings.First(setting => setting.Key == key).Source;
        errors.Add(new ConfigError(source.Name, source.Line, key, message));
    }

    public static string VariableOf(string key) => "ENKRYPTIFY_" + key.Replace('.', '_').ToUpperInvariant();

    /// <summary><c>server.public_url</c> is <c>--public-url</c>.</summary>
    public static string FlagOf(string key) => "--" + key[(key.IndexOf('.', StringComparison.Ordinal) + 1)..].Replace('_', '-');

    private IEnumerable<(ConfigSource Source, RawValue Raw, string Directory)> WrittenFor(string key)
    {
        // A repeated key is a mistake of its own; the first one counts.
        if (file.Entries.FirstOrDefault(entry => entry.Key == key) is { } entry)
        {
            yield return (new ConfigSource(ConfigSourceKind.File, filePath!, entry.Value.Line), entry.Value, _fileDirectory);
        }
        if (sources.Environment.TryGetValue(VariableOf(key), out string? variable))
        {
            yield return (new ConfigSource(ConfigSourceKind.Environment, VariableOf(key), 0), new RawValue.Untyped(variable), Directory.GetCurrentDirectory());
        }
        if (sources.Flags.TryGetValue(key, out string? flag))
        {
            yield return (new ConfigSource(ConfigSourceKind.Flag, FlagOf(key), 0), new RawValue.Untyped(flag), Directory.GetCurrentDirectory());
        }
    }
}
