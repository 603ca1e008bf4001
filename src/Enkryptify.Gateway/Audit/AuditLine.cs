using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Enkryptify.Gateway.Audit;

/// <summary>
/// The stored form of an entry: one line of JSON that ends in the digest of the line before, so that each line vouches for all earlier ones.
/// <code>{"seq":7,"time":"…","actor":{…},"address":"…","requestId":"…","action":"VIEW","target":{…},"workspace":"…","outcome":"allowed","data":{…},"prev":"base64 SHA-256 of line 6"}</code>
/// The digest of a line is SHA-256 over its bytes without the line feed. The first line's <c>prev</c> is 32 zero bytes.
/// </summary>
internal static class AuditLine
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Utf8JsonWriter Writer(IBufferWriter<byte> output) => new(output, Options);

    public static void Write(Utf8JsonWriter writer, AuditEntry entry, long sequence, ReadOnlySpan<byte> previous)
    {
        writer.WriteStartObject();
        writer.WriteNumber("seq"u8, sequence);
        writer.WriteString("time"u8, entry.Time.UtcDateTime);
        writer.WriteStartObject("actor"u8);
        writer.WriteString("kind"u8, entry.Actor.Kind);
        Optional(writer, "id"u8, entry.Actor.Id);
        Optional(writer, "name"u8, entry.Actor.Name);
        writer.WriteEndObject();
        Optional(writer, "address"u8, entry.Address);
        Optional(writer, "requestId"u8, entry.RequestId);
        writer.WriteString("action"u8, entry.Action);
        writer.WriteStartObject("target"u8);
        writer.WriteString("kind"u8, entry.Target.Kind);
        Optional(writer, "id"u8, entry.Target.Id);
        Optional(writer, "name"u8, entry.Target.Name);
        writer.WriteEndObject();
        if (entry.Workspace is { } workspace)
        {
            writer.WriteString("workspace"u8, workspace);
        }

        writer.WriteString("outcome"u8, entry.Denied is null ? "allowed"u8 : "denied"u8);
        Optional(writer, "reason"u8, entry.Denied);
        if (entry.Data.Count > 0)
        {
            writer.WriteStartObject("data"u8);
            foreach (var (name, value) in entry.Data)
            {
                Value(writer, name, value);
            }

            writer.WriteEndObject();
        }

        writer.WriteBase64String("prev"u8, previous);
        writer.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void Value(Utf8JsonWriter writer, string name, object value)
    {
        switch (value)
        {
            case string text:
                writer.WriteString(name, text);
                break;
            case long number:
                writer.WriteNumber(name, number);
                break;
            case bool truth:
                writer.WriteBoolean(name, truth);
                break;
            case IReadOnlyList<string> list:
                writer.WriteStartArray(name);
                foreach (var item in list)
                {
                    writer.WriteStringValue(item);
                }

                writer.WriteEndArray();
                break;
            default:
                throw new InvalidOperationException($"An audit value of type {value.GetType().Name} has no form.");
        }
    }
}
