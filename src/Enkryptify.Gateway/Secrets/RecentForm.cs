using System.Buffers.Binary;
using System.Text;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Secrets;

/// <summary>
/// How a kept secret lies in memory: bytes, a third of what the records take. They never leave the process, so their form may change at will.
/// <code>
/// project(16) generation(8) name id(16) created(8) updated(8) note type dataType count
///   then for each value: environment(16) version(8) updated(8) keyId(16) sealed hasFace(1) [note type dataType created(8)]
/// </code>
/// Texts and byte strings carry their length before them, and lengths and the count are of 7 bits a byte. Times are Unix milliseconds, as in the database. The
/// usual type and data type are empty texts: no other kind is.
/// </summary>
internal static class RecentForm
{
    /// <summary>What is told apart before the rest is looked at.</summary>
    private const int Head = 16 + sizeof(long);

    /// <summary>Empty where a value names its key in a way of its own: whoever opens it says what is wrong with it.</summary>
    public static ReadOnlySpan<byte> Write(Guid project, long generation, SecretRow row, IReadOnlyList<ValueRow> values)
    {
        var memory = new MemoryStream(512);
        using var writer = new BinaryWriter(memory, Encoding.UTF8);
        Write(writer, project);
        writer.Write(generation);
        writer.Write(row.Name);
        Write(writer, row.Id);
        Write(writer, row.CreatedAt);
        Write(writer, row.UpdatedAt);
        Write(writer, row.Note, row.Type, row.DataType);
        writer.Write7BitEncodedInt(values.Count);
        foreach (var value in values)
        {
            Write(writer, value.Environment);
            writer.Write(value.Version);
            Write(writer, value.UpdatedAt);
            if (!Guid.TryParseExact(value.KeyId, Keyring.KeyIdFormat, out var key))
            {
                return default;
            }

            Write(writer, key);
            writer.Write7BitEncodedInt(value.Sealed.Length);
            writer.Write(value.Sealed);
            writer.Write(value.Face is not null);
            if (value.Face is { } face)
            {
                Write(writer, face.Note, face.Type, face.DataType);
                Write(writer, face.CreatedAt);
            }
        }

        writer.Flush();
        return memory.GetBuffer().AsSpan(0, (int)memory.Length);
    }

    /// <summary>Whether it is that project's secret of that name, as it was in that generation.</summary>
    public static bool Is(ReadOnlySpan<byte> entry, Guid project, long generation, ReadOnlySpan<byte> name)
    {
        var rest = entry[Head..];
        return new Guid(entry[..16]) == project && BinaryPrimitives.ReadInt64LittleEndian(entry[16..]) == generation && Bytes(ref rest).SequenceEqual(name);
    }

    /// <param name="name">What <see cref="Is"/> found there.</param>
    /// <param name="openKey">The text of a key's id; null where that key is not open, and then so is what this gives.</param>
    public static RecentSecret? Read(ReadOnlySpan<byte> entry, string name, Func<Guid, string?> openKey)
    {
        entry = entry[Head..];
        Bytes(ref entry);
        var id = Id(ref entry);
        var (created, updated) = (Time(ref entry), Time(ref entry));
        var row = new SecretRow(id, name, Text(ref entry), Kind(ref entry, NewSecret.DefaultType), Kind(ref entry, NewSecret.DefaultDataType), created, updated);
        var values = new List<(SecretRow, ValueHead)>(Count(ref entry));
        for (var i = values.Capacity; i > 0; i--)
        {
            var (environment, version, at) = (Id(ref entry), Number(ref entry), Time(ref entry));
            if (openKey(Id(ref entry)) is not { } key)
            {
                return null;
            }

            var box = Bytes(ref entry).ToArray();
            var face = Take(ref entry, 1)[0] == 0
                ? null
                : new Face(Text(ref entry), Kind(ref entry, NewSecret.DefaultType), Kind(ref entry, NewSecret.DefaultDataType), Time(ref entry));
            values.Add((row, new ValueRow(id, environment, "", version, key, box, at, face)));
        }

        return new RecentSecret(row, values);
    }

    private static void Write(BinaryWriter writer, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        writer.Write(bytes);
    }

    private static void Write(BinaryWriter writer, DateTimeOffset time) => writer.Write(time.ToUnixTimeMilliseconds());

    private static void Write(BinaryWriter writer, string note, string type, string dataType)
    {
        writer.Write(note);
        writer.Write(type == NewSecret.DefaultType ? "" : type);
        writer.Write(dataType == NewSecret.DefaultDataType ? "" : dataType);
    }

    private static Guid Id(ref ReadOnlySpan<byte> entry) => new(Take(ref entry, 16));

    private static long Number(ref ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt64LittleEndian(Take(ref entry, sizeof(long)));

    private static int Count(ref ReadOnlySpan<byte> entry)
    {
        for (int count = 0, shift = 0; ; shift += 7)
        {
            var part = Take(ref entry, 1)[0];
            count |= (part & 0x7F) << shift;
            if (part < 0x80)
            {
                return count;
            }
        }
    }

    private static DateTimeOffset Time(ref ReadOnlySpan<byte> entry) => DateTimeOffset.FromUnixTimeMilliseconds(Number(ref entry));

    private static ReadOnlySpan<byte> Bytes(ref ReadOnlySpan<byte> entry) => Take(ref entry, Count(ref entry));

    private static string Text(ref ReadOnlySpan<byte> entry) => Encoding.UTF8.GetString(Bytes(ref entry));

    private static string Kind(ref ReadOnlySpan<byte> entry, string usual) => Text(ref entry) is { Length: > 0 } kind ? kind : usual;

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> entry, int count)
    {
        var taken = entry[..count];
        entry = entry[count..];
        return taken;
    }
}
