namespace Enkryptify.Gateway.LoadTests;

/// <summary>YARP and nothing else (loadtests/Enkryptify.Gateway.YarpReference), beside which the gateway's routes are measured.</summary>
internal sealed class YarpAlone : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("ek-yarp-").FullName;

    private YarpAlone()
    {
    }

    public ServerProcess Server { get; private set; } = null!;

    public static async Task<YarpAlone> Start(RunOptions options, Uri upstream)
    {
        var (yarp, url) = (new YarpAlone(), ServerProcess.FreeUrl());
        yarp.Server = await ServerProcess.Start(
            options.ServerCores, options.Yarp!, [$"{url.Port}", upstream.GetLeftPart(UriPartial.Authority)], yarp.directory, url, "json");
        return yarp;
    }

    public void Dispose()
    {
        Server.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}
