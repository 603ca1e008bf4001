using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Tests.Configuration;

/// <summary>The example file is the reference manual: it names every key, and what it shows are the defaults.</summary>
public class ExampleFileTests
{
    private static string Example { get; } = Find();

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

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "enkryptify.toml.example")))
        {
            folder = folder.Parent;
        }
        return Path.Combine(folder?.FullName ?? throw new FileNotFoundException("enkryptify.toml.example is above the test's folder"), "enkryptify.toml.example");
    }
}
