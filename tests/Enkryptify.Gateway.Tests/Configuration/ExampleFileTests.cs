using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Configuration;

/// <summary>The example file is the reference manual: it names every key, and what it shows are the defaults.</summary>
public class ExampleFileTests
{
    private static string Example { get; } = Repository.PathOf("enkryptify.toml.example");

    [Fact]
    public void It_passes_config_check() => Assert.Equal((0, "ok\n", ""), ConfigCommandsTests.Run([], "check", "--config", Example));

    [Fact]
    public void It_sets_exactly_the_known_keys()
    {
        IEnumerable<string> known = ConfigLoader.Load(new ConfigSources()).Settings.Select(setting => setting.Key);
        IEnumerable<string> shown = TomlFile.Parse(File.ReadAllText(Example)).Entries.Select(entry => entry.Key);
        Assert.Equal(known, shown);
    }

    [Fact]
    public void It_shows_the_defaults()
    {
        IEnumerable<string> defaults = ConfigLoader.Load(new ConfigSources()).Settings.Select(setting => $"{setting.Key} = {setting.Value}");
        ConfigResult example = ConfigLoader.Load(new ConfigSources { FilePath = Example });
        Assert.Equal(defaults, example.Settings.Select(setting => $"{setting.Key} = {setting.Value}"));
        Assert.All(example.Settings, setting => Assert.Equal(ConfigSourceKind.File, setting.Source.Kind));
    }

    [Fact]
    public void Every_key_has_its_explanation_and_its_risk()
    {
        string comment = "";
        foreach (string line in File.ReadLines(Example))
        {
            if (line.Contains(" = ", StringComparison.Ordinal) && !line.StartsWith('#'))
            {
                Assert.True(comment.Length > 40, line);
                Assert.True(comment.Contains("Risk:", StringComparison.Ordinal) || line.StartsWith("listen", StringComparison.Ordinal), line);
            }
            comment = line.StartsWith('#') ? comment + line : "";
        }
    }

    /// <summary>Tables of a list have no defaults that could stand in the file: they are an example, commented out, which is sound and shows each key once.</summary>
    [Fact]
    public void The_commented_lists_show_every_key_of_theirs_with_its_explanation_and_its_risk()
    {
        string[] lines = File.ReadAllLines(Example);
        string enabled = string.Join('\n', lines.Select(line => line.StartsWith("#[[", StringComparison.Ordinal) || IsKey(line) ? line[1..] : line));
        Assert.Equal([], ConfigFile.Errors(enabled));

        IReadOnlyDictionary<string, System.Collections.Immutable.ImmutableArray<string>> known = Lists();
        foreach ((string list, System.Collections.Immutable.ImmutableArray<string> keys) in known)
        {
            Assert.Equal(keys, TomlFile.Parse(enabled).Entries.Where(entry => entry.Header?.Path == list).Select(entry => entry.Key));
        }
        string comment = "";
        foreach (string line in lines)
        {
            if (IsKey(line))
            {
                Assert.True(comment.Length > 40 && comment.Contains("Risk:", StringComparison.Ordinal), line);
            }
            else
            {
                comment = line.StartsWith("# ", StringComparison.Ordinal) ? comment + line : "";
            }
        }

        static bool IsKey(string line) => line.StartsWith('#') && line.Length > 1 && char.IsAsciiLetterLower(line[1]) && line.Contains(" = ", StringComparison.Ordinal);
    }

    /// <summary>The defaults that the example of a list shows are the real ones.</summary>
    [Fact]
    public void The_commented_lists_show_the_defaults_where_there_are_any()
    {
        string[] written = [.. File.ReadAllLines(Example).Where(line => line.StartsWith('#')).Select(line => line[1..])];
        ConfigResult least = ConfigFile.Load("""
            [[clusters]]
            name = "billing"
            destinations = ["http://10.1.2.3:8080"]
            [[backends]]
            name = "hq"
            workspace = "acme"
            url = "https://gateway.hq.example"
            credential = "file:/etc/enkryptify-gateway/hq.token"
            remote_workspace = "acme"
            """);
        foreach (ConfigSetting setting in least.Settings.Where(setting => setting.Source.Kind == ConfigSourceKind.Default
            && (setting.Key.StartsWith("clusters[", StringComparison.Ordinal) || setting.Key.StartsWith("backends[", StringComparison.Ordinal))))
        {
            Assert.Contains($"{setting.Key.Split('.')[1]} = {setting.Value.ToJsonString()}", written);
        }
    }

    private static IReadOnlyDictionary<string, System.Collections.Immutable.ImmutableArray<string>> Lists()
    {
        var reader = new SettingReader(new ConfigSources(), null, TomlFile.Empty, []);
        ConfigSchema.Read(reader);
        return reader.Lists;
    }
}
