using System.Buffers;
using System.IO.Pipelines;

namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>Collects a page as UTF-8 in a pooled array. A page may show a secret, so the array is cleared before it goes back.</summary>
internal sealed class PageBuffer : PipeWriter, IDisposable
{
    private byte[] bytes = ArrayPool<byte>.Shared.Rent(32 * 1024);
    private int length;

    public int Length => length;

    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, length);

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => 0;

    public override void Advance(int count) => length = checked(length + count) is var next && next <= bytes.Length
        ? next
        : throw new ArgumentOutOfRangeException(nameof(count));

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return bytes.AsMemory(length);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        bytes = [];
    }

    private void Reserve(int count)
    {
        if (bytes.Length - length >= count)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(bytes.Length * 2, checked(length + count)));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        bytes = larger;
    }
}
