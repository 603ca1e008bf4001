using System.Collections.Immutable;

namespace Enkryptify.Gateway.Configuration;

/// <summary>
/// Refuses what no key claims: a mistyped rate limit that is silently dropped
/// leaves the operator believing in a setting that is not there.
/// </summary>
/// <param name="lists">The lists of tables, each with the keys of its tables.</param>
internal sealed class UnknownKeys(IReadOnlyList<string> known, IReadOnlyDictionary<string, ImmutableArray<string>> lists)
{
    private const string Prefix = "ENKRYPTIFY_";

    /// <summary>Read by the client libraries, which may run beside the gateway with the same environment.</summary>
    private static readonly ImmutableArray<string> OfClients = ["ENKRYPTIFY_API_URL", "ENKRYPTIFY_PROXY_URL", "ENKRYPTIFY_TOKEN"];

    private readonly ImmutableArray<string> _sections = [.. known.Select(key => key[..key.IndexOf('.', StringComparison.Ordinal)]).Distinct(), .. lists.Keys];


    public IEnumerable<ConfigError> InFile(string path, TomlFile file)
    {
        var seenHeaders = new Dictionary<string, int>();
        foreach (TomlHeader header in file.Headers)
        {
            if (!_sections.Contains(header.Path))
            {
                yield return new ConfigError(path, header.Line, header.Path, $"unknown section{Spelling.Suggest(header.Path, _sections)}");
            }
            else if (lists.ContainsKey(header.Path))
            {
                if (!header.IsArray)
                {
                    yield return new ConfigError(path, header.Line, header.Path, $"a list: write [[{header.Path}]], once for each");
                }
            }
            else if (!seenHeaders.TryAdd(header.Path, header.Line))
            {
                yield return new ConfigError(path, header.Line, header.Path, $"this section already began on line {seenHeaders[header.Path]}");
            }
            else if (header.IsArray)
            {
                yield return new ConfigError(path, header.Line, header.Path, $"not a list: write [{header.Path}]");
            }
        }

        var seenKeys = new Dictionary<(TomlHeader?, string), int>();
        foreach (TomlEntry entry in file.Entries.Where(entry => entry.Header is null || _sections.Contains(entry.Header.Path)))
        {
            // Each table of a list has keys of its own.
            TomlHeader? table = entry.Header is { } header && lists.ContainsKey(header.Path) ? header : null;
            if (!seenKeys.TryAdd((table, entry.Key), entry.Value.Line))
            {
                yield return new ConfigError(path, entry.Value.Line, entry.Key, $"already set on line {seenKeys[(table, entry.Key)]}");
            }
            else if (table is null && lists.Keys.FirstOrDefault(list => entry.Key == list || entry.Key.StartsWith(list + ".", StringComparison.Ordinal)) is { } named)
            {
                yield return new ConfigError(path, entry.Value.Line, entry.Key, $"a list: write [[{named}]], once for each");
            }
            else if (!(table is null ? known.Contains(entry.Key) : lists[table.Path].Contains(entry.Key)))
            {
                yield return new ConfigError(path, entry.Value.Line, entry.Key, $"unknown key{Spelling.Suggest(entry.Key, table is null ? known : lists[table.Path])}");
            }
        }
    }

    /// <param name="ofSecrets">The variables that hold secrets referred to; the operator may call them anything.</param>
    public IEnumerable<ConfigError> InEnvironment(IEnumerable<string> names, IReadOnlyCollection<string> ofSecrets)
    {
        ImmutableArray<string> variables = [.. known.Select(SettingReader.VariableOf), ConfigSources.FileVariable];
        foreach (string name in names.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && !variables.Contains(name)))
        {
            string suggestion = Spelling.Suggest(name, variables);
            bool meant = suggestion.Length > 0 || _sections.Any(section => name.StartsWith($"{SettingReader.VariableOf(section)}_", StringComparison.Ordinal));
            if (meant && !ofSecrets.Contains(name) && !OfClients.Contains(name))
            {
                yield return new ConfigError(name, 0, "", $"unknown variable{suggestion}");
            }
        }
    }

    public IEnumerable<ConfigError> InFlags(IEnumerable<string> keys) =>
        keys.Where(key => !known.Contains(key)).Select(key => new ConfigError(SettingReader.FlagOf(key), 0, key, $"unknown key{Spelling.Suggest(key, known)}"));
}
