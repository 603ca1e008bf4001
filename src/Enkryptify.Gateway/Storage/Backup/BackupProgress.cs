namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>How far a backup or a restore has come: for whoever waits for it. Written by one thread, read by any.</summary>
internal sealed class BackupProgress(Action<BackupProgress>? changed = null)
{
    private volatile string phase = "";
    private long done;
    private long total;

    /// <summary>copying, reading, writing, verifying, checking.</summary>
    public string Phase => phase;

    public long Done => Interlocked.Read(ref done);

    /// <summary>0 where it is not known.</summary>
    public long Total => Interlocked.Read(ref total);

    public void Begin(string name, long bytes)
    {
        Interlocked.Exchange(ref done, 0);
        Interlocked.Exchange(ref total, bytes);
        phase = name;
        changed?.Invoke(this);
    }

    public void Add(long bytes)
    {
        Interlocked.Add(ref done, bytes);
        changed?.Invoke(this);
    }
}
