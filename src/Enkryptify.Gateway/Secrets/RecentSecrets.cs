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
/// <param name="openKey">The text of a key's id, or null where that key is not open in memory.</param>
/// <param name="capacity">Bytes, about; 0 keeps nothing.</param>
internal sealed class RecentSecrets(Generations generations, Func<Guid, string?> openKey, long capacity)
{
    /// <summary>A larger secret is not kept: it would push out many others.</summary>
    private const int MostBytes = 8 * 1024;

    /// <summary>Names are shorter than this: what is not is none.</summary>
    private const int MostNameBytes = 512;

    private readonly Lock gate = new();
    private readonly ByteRing entries = new(capacity);
    private readonly long seed = MemoryMarshal.Read<long>(RandomNumberGenerator.GetBytes(sizeof(long)));

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

    private bool IsOff => capacity == 0;

    /// <summary>To be asked before the read whose rows are then given to <see cref="Keep"/>.</summary>
    public long Generation(Guid project) => generations.Of(project);

    /// <summary>The secret with its shared values; null when that is not known, or lies under a key that is not open.</summary>
    public RecentSecret? Find(Guid project, string name)
    {
        Span<byte> room = stackalloc byte[MostNameBytes];
        if (IsOff || !Encoding.UTF8.TryGetBytes(name, room, out var length))
        {
            return null;
        }

        var text = room[..length];
        var number = Number(project, text);
        Span<byte> copy = stackalloc byte[1024];
        lock (gate)
        {
            // The number is a digest: what it leads to says itself whose it is.
            var entry = entries.Find(number);
            if (entry.IsEmpty || !RecentForm.Is(entry, project, generations.Of(project), text))
            {
                // What is out of date waits to be put anew in its place; asking for it is no reason to keep it.
                entries.Disregard(number);
                return null;
            }

            copy = entry.Length <= copy.Length ? copy[..entry.Length] : new byte[entry.Length];
            entry.CopyTo(copy);
        }

        return RecentForm.Read(copy, name, openKey);
    }

    /// <param name="generation">As asked before the read.</param>
    public void Keep(Guid project, long generation, SecretRow row, IReadOnlyList<ValueRow> shared)
    {
        Span<byte> room = stackalloc byte[MostNameBytes];
        if (IsOff || generation != generations.Of(project) || !Encoding.UTF8.TryGetBytes(row.Name, room, out var length))
        {
            return;
        }

        var entry = RecentForm.Write(project, generation, row, shared);
        var number = Number(project, room[..length]);
        lock (gate)
        {
            if (entry.Length is > 0 and <= MostBytes)
            {
                entries.Put(number, entry);
            }
            else
            {
                entries.Remove(number);
            }
        }
    }

    private ulong Number(Guid project, ReadOnlySpan<byte> name)
    {
        Span<byte> text = stackalloc byte[16 + MostNameBytes];
        project.TryWriteBytes(text);
        name.CopyTo(text[16..]);
        return XxHash3.HashToUInt64(text[..(16 + name.Length)], seed);
    }
}

/// <summary>A secret and its shared values, sealed, in the form of <see cref="ISealedRows"/>.</summary>
internal sealed record RecentSecret(SecretRow Row, List<(SecretRow Secret, ValueHead Value)> Values);
