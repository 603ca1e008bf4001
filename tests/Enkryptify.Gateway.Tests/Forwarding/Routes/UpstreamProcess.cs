using System.Diagnostics;
using System.Globalization;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>A server of <c>tests/fixtures/Upstream</c> as a process of its own, ready when it is handed out; it ends with this process at the latest.</summary>
internal sealed class UpstreamProcess : IAsyncDisposable
{
    private readonly Process process;

    private UpstreamProcess(Process process, int port, int garbagePort) => (this.process, Port, GarbagePort) = (process, port, garbagePort);

    public int Port { get; }

    /// <summary>Answers with what is not HTTP.</summary>
    public int GarbagePort { get; }

    public int Id => process.Id;

    public string Url => $"http://127.0.0.1:{Port}";

    /// <param name="port">0 takes a free one.</param>
    public static async Task<UpstreamProcess> Start(int port = 0)
    {
        var start = new ProcessStartInfo("dotnet", [Find(), port.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        var ready = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The upstream ended before it was ready.");
        var ports = ready.Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return new UpstreamProcess(process, ports[0], ports[1]);
    }

    public async Task Kill()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await Kill();
        }

        process.Dispose();
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var built = Path.Combine(folder.FullName, "tests", "fixtures", "Upstream", "bin");
            if (Directory.Exists(built))
            {
                return Directory.EnumerateFiles(built, "Upstream.dll", SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).First();
            }
        }

        throw new FileNotFoundException("tests/fixtures/Upstream is not built");
    }
}
