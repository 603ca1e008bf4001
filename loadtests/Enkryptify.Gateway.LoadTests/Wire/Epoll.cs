using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Enkryptify.Gateway.LoadTests.Wire;

/// <summary>
/// epoll(7), because the generator shares the machine with what it measures: one thread and two system calls a request, where the platform's own
/// sockets take several times that.
/// </summary>
internal sealed partial class Epoll : IDisposable
{
    private const int Add = 1;
    private const uint Readable = 0x1;
    private const int Interrupted = 4;

    /// <summary>struct epoll_event is packed on x86-64 alone (epoll_ctl(2)).</summary>
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private readonly int handle = Check(Create(0x80000));
    private readonly byte[] events = new byte[256 * EventSize];

    /// <param name="token">Comes back from <see cref="Wait"/>.</param>
    public void Watch(nint socket, int token)
    {
        Span<byte> registration = stackalloc byte[16];
        registration.Clear();
        MemoryMarshal.Write(registration, Readable);
        MemoryMarshal.Write(registration[(EventSize - 8)..], (long)token);
        Check(Control(handle, Add, (int)socket, ref MemoryMarshal.GetReference(registration)));
    }

    /// <summary>The tokens of the sockets that can be read, at most as many as <paramref name="ready"/> holds.</summary>
    public int Wait(Span<int> ready, int milliseconds)
    {
        var count = WaitFor(handle, ref events[0], Math.Min(ready.Length, events.Length / EventSize), milliseconds);
        if (count < 0)
        {
            return Marshal.GetLastPInvokeError() == Interrupted ? 0 : throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        for (var i = 0; i < count; i++)
        {
            ready[i] = (int)MemoryMarshal.Read<long>(events.AsSpan((i * EventSize) + EventSize - 8));
        }

        return count;
    }

    public void Dispose() => _ = Close(handle);

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, int file, ref byte registration);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int WaitFor(int epoll, ref byte events, int most, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
