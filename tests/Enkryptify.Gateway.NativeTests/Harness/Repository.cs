namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>Where the sources are: the nearest folder above the test assembly that holds the solution.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Enkryptify.Gateway.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no Enkryptify.Gateway.sln above {AppContext.BaseDirectory}");
    }
}
