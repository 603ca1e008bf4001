using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Secrets;

/// <summary>
/// Secrets that were read lately, as they lie in the database: sealed. One that is asked for over and over costs no query then; every commit of an audit
/// entry would otherwise make a reader fetch its pages anew (docs/decisions/0046). Only shared values, and only of secrets asked for by name.
/// <para>
/// What is kept never outlives what it was read from (invariant 7): it counts only while the generation of its project is the one that was asked
/// <em>before</em> it was read, and the writer moves that before it acknowledges a change.
/// </para>
/// </summary>
/// <param name="capacity">Bytes, about; 0 keeps nothing.</param>
internal sealed class RecentSecrets(Generations generations, long capacity)
{
    /// <summary>What the map and the array's header take beside an entry's bytes.</summary>
    private const int Overhead = 96;

    /// <summary>A larger secret is not kept: it would push out many others.</summary>
    private const int MostBytes = 8 * 1024;

    private readonly Lock gate = new();
    private readonly BoundedMap<UInt128, byte[]> entries = new(capacity, static entry => entry.Length + Overhead);
    private readonly long seed = MemoryMarshal.Read<long>(RandomNumberGenerator.GetBytes(sizeof(long)));

    public bool IsOff => capacity == 0;

    public int Count
    {
        get
        {
            lock (gate)
            {
                return entries.Count;
            }
        }
    }

    /// <summary>To be asked before the read whose rows are then given to <see cref="Keep"/>.</summary>
    public long Generation(Guid project) => generations.Of(project);

    /// <summary>The secret with its shared values, or null when that is not known.</summary>
    public RecentSecret? Find(Guid project, string name)
    {
        if (IsOff)
        {
            return null;
        }

        var key = Key(project, name);
        byte[]? entry;
        lock (gate)
        {
            if (!entries.TryGet(key, out entry))
            {
                return null;
            }
        }

        // The key is a digest: what it leads to says itself whose it is.
        var (of, generation, secret) = RecentForm.Read(entry);
        if (of == project && secret.Row.Name == name && generation == generations.Of(project))
        {
            return secret;
        }

        lock (gate)
        {
            if (entries.TryGet(key, out var now) && ReferenceEquals(now, entry))
            {
                entries.Remove(key);
            }
        }

        return null;
    }

    /// <param name="generation">As asked before the read.</param>
    public void Keep(Guid project, long generation, SecretRow row, IReadOnlyList<ValueRow> shared)
    {
        if (IsOff || generation != generations.Of(project))
        {
            return;
        }

        var entry = RecentForm.Write(project, generation, row, shared);
        if (entry.Length > MostBytes)
        {
            return;
        }

        lock (gate)
        {
            entries.Put(Key(project, row.Name), entry);
        }
    }

    private UInt128 Key(Guid project, string name)
    {
        Span<byte> text = stackalloc byte[16 + 512];
        project.TryWriteBytes(text);
        return Encoding.UTF8.TryGetBytes(name, text[16..], out var length) ? XxHash128.HashToUInt128(text[..(16 + length)], seed) : default;
    }
}

/// <summary>A secret and its shared values, sealed.</summary>
internal sealed record RecentSecret(SecretRow Row, List<ValueRow> Values);
