using System.Net.Sockets;
using System.Text;
using Enkryptify.Gateway.Operations.Systemd;
using Microsoft.Extensions.Time.Testing;

namespace Enkryptify.Gateway.Tests.Operations.Systemd;

/// <summary>sd_notify, with the test at systemd's end of the socket.</summary>
public sealed class ServiceManagerTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ekgw-notify-");
    private readonly Socket systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Dictionary<string, string> environment = [];

    public ServiceManagerTests()
    {
        environment["NOTIFY_SOCKET"] = Path.Combine(folder.FullName, "notify");
        systemd.Bind(new UnixDomainSocketEndPoint(environment["NOTIFY_SOCKET"]));
    }

    [Fact]
    public void A_status_stays_one_line()
    {
        using var manager = Manager();
        manager.Ready("serving\nREADY=0");
        Assert.Equal("READY=1\nSTATUS=serving READY=0", Message());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("vsock:2:1")]
    [InlineData("/nobody/listens/here")]
    public void Without_a_socket_nothing_is_said_and_nothing_fails(string? name)
    {
        if (name is null)
        {
            environment.Remove("NOTIFY_SOCKET");
        }
        else
        {
            environment["NOTIFY_SOCKET"] = name;
        }

        using var manager = Manager();
        manager.Ready("serving");
        manager.Stopping();
        Assert.Equal(0, systemd.Available);
    }

    [Theory]
    [InlineData("30000000", null, 30)]
    [InlineData("30000000", "77", 30)]
    [InlineData("30000000", "78", null)]
    [InlineData("0", null, null)]
    [InlineData("-5", null, null)]
    [InlineData("soon", null, null)]
    public void The_watchdog_is_served_when_it_is_meant_for_this_process(string microseconds, string? pid, int? seconds)
    {
        environment["WATCHDOG_USEC"] = microseconds;
        if (pid is not null)
        {
            environment["WATCHDOG_PID"] = pid;
        }

        using var manager = Manager();
        Assert.Equal(seconds, manager.WatchdogInterval?.TotalSeconds);
    }

    [Fact]
    public async Task A_sign_of_life_needs_an_answer_of_the_writer_since_the_last()
    {
        environment["WATCHDOG_USEC"] = "20000000";
        using var manager = Manager();
        var time = new FakeTimeProvider();
        var answers = new Queue<TaskCompletionSource>();
        using var stop = new CancellationTokenSource();
        var running = new Watchdog(manager, () =>
        {
            var question = new TaskCompletionSource();
            answers.Enqueue(question);
            return question.Task;
        }, () => false, time).RunAsync(stop.Token);

        // The first question is open: it hangs, however long that is.
        await Tick(time);
        await Tick(time);
        Assert.Equal(0, systemd.Available);
        Assert.Single(answers);

        answers.Dequeue().SetResult();
        await Tick(time);
        Assert.Equal("WATCHDOG=1", Message());

        // A write that fails, as on a full disk, is an answer too.
        answers.Dequeue().SetException(new IOException("full"));
        await Tick(time);
        Assert.Equal("WATCHDOG=1", Message());
        await Tick(time);
        Assert.Equal(0, systemd.Available);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_store_that_only_a_restart_can_mend_is_silent()
    {
        environment["WATCHDOG_USEC"] = "20000000";
        using var manager = Manager();
        var time = new FakeTimeProvider();
        var broken = false;
        using var stop = new CancellationTokenSource();
        var running = new Watchdog(manager, () => Task.CompletedTask, () => broken, time).RunAsync(stop.Token);
        Assert.Equal("WATCHDOG=1", Message());
        broken = true;
        await Tick(time);
        await Tick(time);
        Assert.Equal(0, systemd.Available);
        await stop.CancelAsync();
        await running;
    }

    public void Dispose()
    {
        systemd.Dispose();
        folder.Delete(recursive: true);
    }

    private ServiceManager Manager() => ServiceManager.Of(environment.GetValueOrDefault, 77);

    /// <summary>Half the interval; continuations of the timer run before it returns.</summary>
    private static async Task Tick(FakeTimeProvider time)
    {
        time.Advance(TimeSpan.FromSeconds(10));
        await Task.Delay(50);
    }

    private string Message()
    {
        var buffer = new byte[4096];
        systemd.ReceiveTimeout = 30_000;
        return Encoding.UTF8.GetString(buffer, 0, systemd.Receive(buffer));
    }
}
