namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>An empty directory of its own, removed with what is in it. Its path is short, because a Unix socket's may have 107 characters.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string FullPath { get; } = Directory.CreateTempSubdirectory("ekgw-").FullName;

    public string PathOf(params string[] parts) => Path.Combine([FullPath, .. parts]);

    public void Dispose()
    {
        try
        {
            Directory.Delete(FullPath, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The test removed it itself.
        }
    }
}
