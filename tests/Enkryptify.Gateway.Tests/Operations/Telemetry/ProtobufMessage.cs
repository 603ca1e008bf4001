using System.Buffers.Binary;
using System.Text;

namespace Enkryptify.Gateway.Tests.Operations.Telemetry;

/// <summary>A protobuf message by field numbers, read without its schema and without the library that wrote it.</summary>
internal sealed class ProtobufMessage
{
    private readonly List<(int Field, ulong Number, byte[]? Bytes)> fields = [];

    public ProtobufMessage(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            var key = Varint(ref data);
            var field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    fields.Add((field, Varint(ref data), null));
                    break;
                case 1:
                    fields.Add((field, BinaryPrimitives.ReadUInt64LittleEndian(data), null));
                    data = data[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref data);
                    fields.Add((field, 0, data[..length].ToArray()));
                    data = data[length..];
                    break;
                case 5:
                    fields.Add((field, BinaryPrimitives.ReadUInt32LittleEndian(data), null));
                    data = data[4..];
                    break;
                default:
                    throw new InvalidDataException($"wire type {key & 7}");
            }
        }
    }

    public IEnumerable<ProtobufMessage> Each(int field) => fields.Where(one => one.Field == field && one.Bytes is not null).Select(one => new ProtobufMessage(one.Bytes));

    /// <summary>The messages at the end of a path of fields.</summary>
    public IEnumerable<ProtobufMessage> All(params int[] path) => path.Aggregate((IEnumerable<ProtobufMessage>)[this], (messages, field) => messages.SelectMany(message => message.Each(field)));

    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

    public string Hex(int field) => Convert.ToHexStringLower(Bytes(field));

    public ulong Number(int field) => fields.LastOrDefault(one => one.Field == field).Number;

    public bool Has(int field) => fields.Any(one => one.Field == field);

    /// <summary>KeyValue messages as names and texts.</summary>
    public Dictionary<string, string> Attributes(int field) => Each(field).ToDictionary(pair => pair.Text(1), pair =>
    {
        var value = pair.Each(2).Single();
        return value.Has(1) ? value.Text(1) : value.Has(3) ? value.Number(3).ToString(System.Globalization.CultureInfo.InvariantCulture) : "?";
    });

    private byte[] Bytes(int field) => fields.LastOrDefault(one => one.Field == field).Bytes ?? [];

    private static ulong Varint(ref ReadOnlySpan<byte> data)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = data[0];
            data = data[1..];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
