namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>
/// The body of an upstream's error, as it comes, with injected values struck out. The last bytes are held back until it is known that no value begins in
/// them, so one that lies across two reads is found too.
/// </summary>
internal sealed class ScrubbingStream(Stream inner, Scrubber scrubber) : Stream
{
    private const int Portion = 16 * 1024;

    private readonly byte[] window = new byte[Portion + scrubber.LongestForm];
    private readonly bool[] marks = new bool[Portion + scrubber.LongestForm];
    private int held;
    private int next;
    private int ready;
    private bool ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (next == ready)
        {
            if (ended)
            {
                return 0;
            }

            // What was given out makes room; what is held back, with its marks, moves to the front.
            window.AsSpan(ready, held).CopyTo(window);
            marks.AsSpan(ready, held).CopyTo(marks);
            var read = await inner.ReadAsync(window.AsMemory(held, window.Length - held), cancellationToken).ConfigureAwait(false);
            ended = read == 0;
            var length = held + read;
            marks.AsSpan(held, read).Clear();
            scrubber.Mark(window.AsSpan(0, length), marks.AsSpan(0, length));
            next = 0;
            ready = ended ? length : Math.Max(0, length - (scrubber.LongestForm - 1));
            held = length - ready;
        }

        var count = Math.Min(buffer.Length, ready - next);
        var target = buffer.Span;
        for (var i = 0; i < count; i++)
        {
            target[i] = marks[next + i] ? (byte)'*' : window[next + i];
        }

        next += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
