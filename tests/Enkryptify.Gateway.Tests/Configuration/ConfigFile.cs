using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Tests.Configuration;

/// <summary>A configuration file of one test, in a folder of its own, loaded without the process's environment.</summary>
internal sealed class ConfigFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("enkryptify-config-");

    public ConfigFile(string text)
    {
        Path = System.IO.Path.Combine(_folder.FullName, "enkryptify.toml");
        File.WriteAllText(Path, text);
    }

    public string Path { get; }

    public string Folder => _folder.FullName;

    public static ConfigResult Load(string text, Dictionary<string, string>? environment = null, Dictionary<string, string>? flags = null)
    {
        using var file = new ConfigFile(text);
        return ConfigLoader.Load(new ConfigSources { FilePath = file.Path, Environment = environment ?? [], Flags = flags ?? [] });
    }

    /// <summary>The errors without their file: <c>line key: message</c>.</summary>
    public static string[] Errors(string text, Dictionary<string, string>? environment = null, Dictionary<string, string>? flags = null)
    {
        ConfigResult result = Load(text, environment, flags);
        Assert.Equal(result.Errors.IsEmpty, result.IsValid);
        return [.. result.Errors.Select(error => $"{error.Line} {error.Key}: {error.Message}")];
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
