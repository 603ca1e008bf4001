using System.Collections.Immutable;

namespace Enkryptify.Gateway.Configuration;

/// <summary>
/// Looks up one key after another in all sources. Every source that has the key is checked, also one that a higher one overrides:
/// a mistake in the file is a mistake on the day the flag is gone. The keys asked for are the keys there are.
/// </summary>
/// <param name="item">The table of a list that the keys are looked up in; such tables stand in the file alone.</param>
internal sealed class SettingReader(ConfigSources sources, string? filePath, TomlFile file, List<ConfigError> errors, TableItem? item = null)
{
    private readonly List<ConfigSetting> _settings = [];
    private readonly Dictionary<string, ImmutableArray<string>> _lists = [];
    private readonly HashSet<string> _unsound = [];
    private readonly string _fileDirectory = Path.GetDirectoryName(Path.GetFullPath(filePath ?? "./-"))!;

    public IReadOnlyList<ConfigSetting> Settings => _settings;

    /// <summary>The lists of tables there are, each with the keys of its tables.</summary>
    public IReadOnlyDictionary<string, ImmutableArray<string>> Lists => _lists;

    public T Value<T>(string key, ValueKind<T> kind, T fallback)
    {
        T value = fallback;
        ConfigSource source = ConfigSource.Default;
        foreach ((ConfigSource candidate, RawValue raw, string directory) in WrittenFor(key))
        {
            int faults = errors.Count;
            T? read = kind.Read(raw, new ReadingPlace(Shown(key), candidate, directory, errors));
            if (errors.Count > faults)
            {
                _unsound.Add(key);
            }
            else
            {
                (value, source) = (read!, candidate);
            }
        }
        _settings.Add(new ConfigSetting(Shown(key), kind.Show(value), source));
        return value;
    }

    /// <summary>The tables of <c>[[section]]</c>, each read by <paramref name="read"/>.</summary>
    public ImmutableArray<T> Each<T>(string section, Func<SettingReader, T> read)
    {
        // Once over nothing: what it asks for are the keys, also while the file has no such table.
        var keys = new SettingReader(new ConfigSources(), filePath, TomlFile.Empty, [], new TableItem(section, 0, new TomlHeader(section, 0, IsArray: true)));
        _ = read(keys);
        _lists[section] = [.. keys._settings.Select(setting => $"{section}.{setting.Key[(setting.Key.IndexOf('.', StringComparison.Ordinal) + 1)..]}")];

        var values = ImmutableArray.CreateBuilder<T>();
        foreach (TomlHeader header in file.Headers.Where(header => header.IsArray && header.Path == section))
        {
            var table = new SettingReader(new ConfigSources(), filePath, file, errors, new TableItem(section, values.Count, header));
            values.Add(read(table));
            _settings.AddRange(table._settings);
        }
        return values.ToImmutable();
    }

    /// <summary>False when some source of the key was refused, so that what was read for it says nothing.</summary>
    public bool IsSound(string key) => !_unsound.Contains(key);

    /// <summary>Whether the key is written somewhere, right or wrong.</summary>
    public bool IsWritten(string key) => WrittenFor(key).Any();

    /// <summary>Refuses a value that is right by itself and wrong beside the others.</summary>
    public void Reject(string key, string message)
    {
        ConfigSource source = _settings.First(setting => setting.Key == Shown(key)).Source;
        errors.Add(source.Kind == ConfigSourceKind.Default && item is not null
            ? new ConfigError(filePath ?? "", item.Header.Line, Shown(key), message)
            : new ConfigError(source.Name, source.Line, Shown(key), message));
    }

    public static string VariableOf(string key) => "ENKRYPTIFY_" + key.Replace('.', '_').ToUpperInvariant();

    /// <summary><c>server.public_url</c> is <c>--public-url</c>.</summary>
    public static string FlagOf(string key) => "--" + key[(key.IndexOf('.', StringComparison.Ordinal) + 1)..].Replace('_', '-');

    private string Shown(string key) => item?.Shown(key) ?? key;

    private IEnumerable<(ConfigSource Source, RawValue Raw, string Directory)> WrittenFor(string key)
    {
        // A repeated key is a mistake of its own; the first one counts.
        string inFile = item?.InFile(key) ?? key;
        if (file.Entries.FirstOrDefault(entry => entry.Key == inFile && (item is null || entry.Header == item.Header)) is { } entry)
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
