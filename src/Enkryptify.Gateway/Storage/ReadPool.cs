using System.Collections.Concurrent;

namespace Enkryptify.Gateway.Storage;

/// <summary>
/// Read-only connections, at most <paramref name="size"/> at once; whoever comes later waits. Each query sees what was committed when it began.
/// </summary>
internal sealed class ReadPool(Func<Sql> open, int size) : IDisposable
{
    private readonly ConcurrentStack<Sql> idle = new();
    private readonly SemaphoreSlim places = new(size, size);

    public T Read<T>(Func<Sql, T> query)
    {
        places.Wait();
        try
        {
            var sql = idle.TryPop(out var ready) ? ready : open();
            try
            {
                var answer = query(sql);
                idle.Push(sql);
                return answer;
            }
            catch
            {
                // A connection that failed is not trusted with the next query.
                sql.Dispose();
                throw;
            }
        }
        finally
        {
            places.Release();
        }
    }

    public void Dispose()
    {
        while (idle.TryPop(out var sql))
        {
            sql.Dispose();
        }

        places.Dispose();
    }
}
