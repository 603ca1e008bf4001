using System.Buffers.Binary;
using System.Text;

namespace Enkryptify.Gateway.Secrets;

/// <summary>
/// How a kept secret lies in memory: one array of bytes, about half of what the records take. It never leaves the process, so its form may change at will.
/// <code>
/// project(16) generation(8) id(16) created(8) updated(8) name note type dataType count(4)
///   then for each value: environment(16) version(8) updated(8) keyId sealed hasFace(1) [note type dataType created(8)]
/// </code>
/// Texts and byte strings carry their length in 4 bytes before them; times are Unix milliseconds, as in the database.
/// </summary>
internal static class RecentForm
{
    public static byte[] Write(Guid project, long generation, SecretRow row, IReadOnlyList<ValueRow> values)
    {
        using var memory = new MemoryStream(512);
        using var writer = new BinaryWriter(memory, Encoding.UTF8);
        Write(writer, project);
        writer.Write(generation);
        Write(writer, row.Id);
        Write(writer, row.CreatedAt);
        Write(writer, row.UpdatedAt);
        Write(writer, row.Name);
        Write(writer, row.Note);
        Write(writer, row.Type);
        Write(writer, row.DataType);
        writer.Write(values.Count);
        foreach (var value in values)
        {
            Write(writer, value.Environment);
            writer.Write(value.Version);
            Write(writer, value.UpdatedAt);
            Write(writer, value.KeyId);
            Write(writer, value.Sealed);
            writer.Write(value.Face is not null);
            if (value.Face is { } face)
            {
                Write(writer, face.Note);
                Write(writer, face.Type);
                Write(writer, face.DataType);
                Write(writer, face.CreatedAt);
            }
        }

        writer.Flush();
        return memory.ToArray();
    }

    public static (Guid Project, long Generation, RecentSecret Secret) Read(ReadOnlySpan<byte> entry)
    {
        var (project, generation) = (Id(ref entry), Number(ref entry));
        var id = Id(ref entry);
        var (created, updated) = (Time(ref entry), Time(ref entry));
        var row = new SecretRow(id, Text(ref entry), Text(ref entry), Kind(ref entry), Kind(ref entry), created, updated);
        var values = new List<ValueRow>(Count(ref entry));
        for (var i = values.Capacity; i > 0; i--)
        {
            var (environment, version, at) = (Id(ref entry), Number(ref entry), Time(ref entry));
            var (key, box) = (Text(ref entry), Bytes(ref entry).ToArray());
            var face = Take(ref entry, 1)[0] == 0 ? null : new Face(Text(ref entry), Kind(ref entry), Kind(ref entry), Time(ref entry));
            values.Add(new ValueRow(id, environment, "", version, key, box, at, face));
        }

        return (project, generation, new RecentSecret(row, values));
    }

    private static void Write(BinaryWriter writer, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        writer.Write(bytes);
    }

    private static void Write(BinaryWriter writer, DateTimeOffset time) => writer.Write(time.ToUnixTimeMilliseconds());

    private static void Write(BinaryWriter writer, string text) => Write(writer, Encoding.UTF8.GetBytes(text));

    private static void Write(BinaryWriter writer, byte[] bytes)
    {
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private static Guid Id(ref ReadOnlySpan<byte> entry) => new(Take(ref entry, 16));

    private static long Number(ref ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt64LittleEndian(Take(ref entry, sizeof(long)));

    private static int Count(ref ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt32LittleEndian(Take(ref entry, sizeof(int)));

    private static DateTimeOffset Time(ref ReadOnlySpan<byte> entry) => DateTimeOffset.FromUnixTimeMilliseconds(Number(ref entry));

    private static ReadOnlySpan<byte> Bytes(ref ReadOnlySpan<byte> entry) => Take(ref entry, Count(ref entry));

    private static string Text(ref ReadOnlySpan<byte> entry) => Encoding.UTF8.GetString(Bytes(ref entry));

    /// <summary>A type or data type: nearly always the same two words.</summary>
    private static string Kind(ref ReadOnlySpan<byte> entry)
    {
        var bytes = Bytes(ref entry);
        return bytes.SequenceEqual("runtime"u8) ? NewSecret.DefaultType : bytes.SequenceEqual("text"u8) ? NewSecret.DefaultDataType : Encoding.UTF8.GetString(bytes);
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> entry, int count)
    {
        var taken = entry[..count];
        entry = entry[count..];
        return taken;
    }
}
