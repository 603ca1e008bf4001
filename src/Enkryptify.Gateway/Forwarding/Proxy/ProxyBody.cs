using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Enkryptify.Gateway.Forwarding.Templates;
using Microsoft.Net.Http.Headers;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>
/// The body of a proxied request (contract section 7): a string goes out as it is, any other JSON value as JSON. Placeholders are looked for in text alone,
/// and a value is put in so that it stays one value there: within a JSON text as part of a string, within XML as character data.
/// </summary>
internal abstract class ProxyBody
{
    public static readonly ProxyBody None = new RawBody(null);

    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>The content type when the caller set none.</summary>
    public virtual string? DefaultType => null;

    /// <summary>The bytes to send, or null for no body at all.</summary>
    public abstract byte[]? Render(Func<string, string> value);

    public static ProxyBody Bytes(byte[] bytes) => new RawBody(bytes);

    /// <summary>Null when a text is not valid Unicode.</summary>
    /// <param name="contentType">As the caller set it.</param>
    public static ProxyBody? Of(JsonElement value, string? contentType)
    {
        var kind = KindOf(contentType);
        try
        {
            return value.ValueKind == JsonValueKind.String
                ? new TextBody(kind == TextKind.Binary ? null : Template.Parse(value.GetString()!), value.GetString()!, kind)
                : new JsonBodyTemplate(value, kind != TextKind.Binary);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    /// <summary>JSON, XML and text have placeholders; so has what does not say.</summary>
    private static TextKind KindOf(string? contentType)
    {
        if (contentType is null)
        {
            return TextKind.Plain;
        }

        if (!MediaTypeHeaderValue.TryParse(contentType, out var type))
        {
            return TextKind.Binary;
        }

        return Is("json") ? TextKind.Json
            : Is("xml") ? TextKind.Xml
            : type.Type.Equals("text", StringComparison.OrdinalIgnoreCase) ? TextKind.Plain
            : TextKind.Binary;

        bool Is(string word) => type.SubType.Equals(word, StringComparison.OrdinalIgnoreCase) || type.Suffix.Equals(word, StringComparison.OrdinalIgnoreCase);
    }

    private enum TextKind
    {
        Binary,
        Plain,
        Json,
        Xml,
    }

    private sealed class RawBody(byte[]? bytes) : ProxyBody
    {
        public override IReadOnlyList<string> Names => [];

        public override byte[]? Render(Func<string, string> value) => bytes;
    }

    private sealed class TextBody(Template? template, string text, TextKind kind) : ProxyBody
    {
        public override IReadOnlyList<string> Names => template?.Names ?? [];

        public override byte[] Render(Func<string, string> value) => Encoding.UTF8.GetBytes(template is null ? text : template.Render(kind switch
        {
            TextKind.Json => name => ValueForm.InJson(value(name)),
            TextKind.Xml => name => ValueForm.InXml(value(name)),
            _ => value,
        }));
    }

    /// <summary>Each string leaf is a template; names of members are not.</summary>
    private sealed class JsonBodyTemplate : ProxyBody
    {
        private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

        private readonly JsonElement root;
        private readonly Dictionary<string, Template> leaves = new(StringComparer.Ordinal);

        public JsonBodyTemplate(JsonElement root, bool substituted)
        {
            this.root = root;
            if (substituted)
            {
                Collect(root);
            }

            Names = [.. leaves.Values.SelectMany(leaf => leaf.Names).Distinct(StringComparer.Ordinal)];
        }

        public override IReadOnlyList<string> Names { get; }

        public override string? DefaultType => "application/json";

        public override byte[] Render(Func<string, string> value)
        {
            if (leaves.Count == 0)
            {
                return Encoding.UTF8.GetBytes(root.GetRawText());
            }

            var buffer = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(buffer, Relaxed))
            {
                Write(writer, root, value);
            }

            return buffer.WrittenSpan.ToArray();
        }

        private void Collect(JsonElement element)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.String when element.GetString() is { } text && Placeholder.IsIn(text):
                    leaves.TryAdd(text, Template.Parse(text));
                    break;
                case JsonValueKind.Array:
                    foreach (var item in element.EnumerateArray())
                    {
                        Collect(item);
                    }

                    break;
                case JsonValueKind.Object:
                    foreach (var member in element.EnumerateObject())
                    {
                        Collect(member.Value);
                    }

                    break;
            }
        }

        private void Write(Utf8JsonWriter writer, JsonElement element, Func<string, string> value)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.String when leaves.TryGetValue(element.GetString()!, out var leaf):
                    writer.WriteStringValue(leaf.Render(value));
                    break;
                case JsonValueKind.Array:
                    writer.WriteStartArray();
                    foreach (var item in element.EnumerateArray())
                    {
                        Write(writer, item, value);
                    }

                    writer.WriteEndArray();
                    break;
                case JsonValueKind.Object:
                    writer.WriteStartObject();
                    foreach (var member in element.EnumerateObject())
                    {
                        writer.WritePropertyName(member.Name);
                        Write(writer, member.Value, value);
                    }

                    writer.WriteEndObject();
                    break;
                default:
                    // Numbers as they were written: 1.0 and 10^30 stay what they are.
                    writer.WriteRawValue(element.GetRawText());
                    break;
            }
        }
    }
}
