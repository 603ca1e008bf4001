namespace Enkryptify.Gateway.NativeTests.Tracing;

/// <summary>
/// One system call that succeeded, as the tracer saw it. <see cref="Begin"/> and <see cref="End"/> are positions in the one order of all threads'
/// entries and exits; a call whose end was never seen has <see cref="Never"/>.
/// </summary>
internal abstract record TraceEvent(int Begin, int End)
{
    public const int Never = int.MaxValue;
}

internal sealed record FileWrite(int Begin, int End, string Path, byte[] Data) : TraceEvent(Begin, End);

/// <summary>fsync or fdatasync. sync_file_range is not one: it promises nothing about metadata or the disk's own cache.</summary>
internal sealed record FileSync(int Begin, int End, string Path) : TraceEvent(Begin, End);

/// <param name="Socket">Names one connection for as long as the process lives.</param>
internal sealed record SocketReceive(int Begin, int End, string Socket, byte[] Data) : TraceEvent(Begin, End);

internal sealed record SocketSend(int Begin, int End, string Socket, byte[] Data) : TraceEvent(Begin, End);
