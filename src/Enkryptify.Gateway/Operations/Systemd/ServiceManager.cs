using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Enkryptify.Gateway.Operations.Systemd;

/// <summary>
/// What the gateway tells systemd (sd_notify(3)): datagrams to the socket that <c>NOTIFY_SOCKET</c> names, by path or in the abstract namespace.
/// Without that variable nobody listens and nothing is said. A message that cannot be sent is dropped: the gateway serves all the same.
/// </summary>
internal sealed class ServiceManager : IDisposable
{
    private readonly Socket? socket;
    private readonly UnixDomainSocketEndPoint? address;

    private ServiceManager(string? path, TimeSpan? watchdog)
    {
        WatchdogInterval = watchdog;
        if (path is not null)
        {
            address = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
            socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        }
    }

    /// <summary>How soon after one sign of life systemd wants the next; null when it wants none.</summary>
    public TimeSpan? WatchdogInterval { get; }

    /// <param name="variable">The environment.</param>
    /// <param name="processId">Ours: a watchdog that is meant for another process is not served.</param>
    public static ServiceManager Of(Func<string, string?> variable, int processId)
    {
        var path = variable("NOTIFY_SOCKET");
        if (path is null || path.Length < 2 || path[0] is not ('/' or '@'))
        {
            return new ServiceManager(null, null);
        }

        var meant = variable("WATCHDOG_PID") is not { } pid || pid == processId.ToString(CultureInfo.InvariantCulture);
        var interval = meant && long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds) : (TimeSpan?)null;
        try
        {
            return new ServiceManager(path, interval);
        }
        catch (Exception error) when (error is ArgumentException or SocketException)
        {
            return new ServiceManager(null, null);
        }
    }

    /// <summary>It serves: the database is open, the key verified, the listeners bound.</summary>
    public void Ready(string status) => Say($"READY=1\nSTATUS={OneLine(status)}");

    public void Status(string status) => Say($"STATUS={OneLine(status)}");

    /// <summary>A reload begins; <see cref="Ready"/> ends it. The time tells systemd which of its reloads is meant (CLOCK_MONOTONIC).</summary>
    public void Reloading() => Say(string.Create(
        CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={(long)TimeProvider.System.GetElapsedTime(0).TotalMicroseconds}\nSTATUS=reloading"));

    public void Stopping() => Say("STOPPING=1\nSTATUS=stopping: requests under way are finished first");

    public void Alive() => Say("WATCHDOG=1");

    public void Dispose() => socket?.Dispose();

    private void Say(string message)
    {
        try
        {
            socket?.SendTo(Encoding.UTF8.GetBytes(message), address!);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Nobody listens any more.
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
