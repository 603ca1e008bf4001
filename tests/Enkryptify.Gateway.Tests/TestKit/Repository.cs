namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>Where the sources are: the nearest folder above the test assembly that holds the solution.</summary>
internal static class Repository
{
    public static string PathOf(params string[] parts)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Enkryptify.Gateway.sln")))
            {
                return Path.Combine([folder.FullName, .. parts]);
            }
        }

        throw new InvalidOperationException($"no Enkryptify.Gateway.sln above {AppContext.BaseDirectory}");
    }
}
