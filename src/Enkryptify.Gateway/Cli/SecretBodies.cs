using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary>The bodies that carry a value to the gateway.</summary>
internal static class SecretBodies
{
    public static byte[] Create(string environmentId, string name, string value) => JsonBody.Of(writer =>
    {
        writer.WriteStrings("environments", [environmentId]);
        writer.WriteStartArray("secrets"u8);
        WriteNew(writer, name, value);
        writer.WriteEndArray();
    });

    public static void WriteNew(Utf8JsonWriter writer, string name, string value)
    {
        writer.WriteStartObject();
        writer.WriteString("key"u8, name);
        writer.WriteString("value"u8, value);
        writer.WriteString("type"u8, "runtime"u8);
        writer.WriteString("dataType"u8, "text"u8);
        writer.WriteEndObject();
    }

    /// <summary>One shared value. A PUT deletes nothing, so what is not named here (other environments, the note) stays.</summary>
    public static byte[] Update(JsonElement existing, string environmentId, string value) => JsonBody.Of(writer =>
    {
        writer.WriteString("name"u8, existing.Text("name"));
        writer.WriteString("type"u8, existing.Text("type"));
        writer.WriteString("dataType"u8, existing.Text("dataType"));
        writer.WriteStartArray("values"u8);
        writer.WriteStartObject();
        writer.WriteString("environmentId"u8, environmentId);
        writer.WriteString("value"u8, value);
        writer.WriteBoolean("isPersonal"u8, false);
        writer.WriteEndObject();
        writer.WriteEndArray();
    });

    /// <summary>The secret's id, ready for a path.</summary>
    public static string Id(JsonElement secret) => Uri.EscapeDataString(secret.Text("id") ?? "");

    /// <summary>The shared value in that environment, if there is one to see.</summary>
    public static string? Value(JsonElement secret, string environmentId)
    {
        JsonElement shared = secret.Items("values").FirstOrDefault(value => value.Text("environmentId") == environmentId && !value.Flag("isPersonal"));
        return shared.Text("value");
    }
}
