namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>Files that settings name, for this user alone.</summary>
internal sealed class ConfigFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ekgw-files-");

    public string PathOf(string name) => Path.Combine(folder.FullName, name);

    /// <summary>The setting that refers to it.</summary>
    public string Secret(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        File.SetUnixFileMode(PathOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return "file:" + PathOf(name);
    }

    public void Dispose() => folder.Delete(recursive: true);
}
