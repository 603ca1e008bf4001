using System.Text;
using System.Text.Json.Serialization;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>A secret on the wire (contract section 6).</summary>
internal sealed record SecretBody(
    Guid Id, string Name, string Note, string Type, string DataType, IReadOnlyList<SecretValueBody> Values, DateTime CreatedAt, DateTime UpdatedAt)
{
    /// <param name="spelling">How the request named its environment: echoed, because clients match on equality.</param>
    public static SecretBody Of(Secret secret, string? spelling) => new(
        secret.Id, secret.Name, secret.Note, secret.Type, secret.DataType,
        [.. secret.Values.Select(value => new SecretValueBody(spelling ?? value.Environment.Id.ToString("D"), value.Value.Reveal(), value.IsPersonal))],
        secret.CreatedAt.UtcDateTime, secret.UpdatedAt.UtcDateTime);
}

internal sealed record SecretValueBody(string EnvironmentId, string Value, bool IsPersonal)
{
    /// <summary>A record prints its members; this one must not.</summary>
    public override string ToString() => "[redacted]";
}

/// <summary>The rules for what a request may put into a secret.</summary>
internal static class SecretFields
{
    public const int MaxValueBytes = 64 * 1024;
    public const int MaxNote = 1000;

    public static string Name(JsonFields fields, string member)
    {
        var name = fields.Text(member);
        if (!Names.IsSecretName(name))
        {
            fields.Complain(fields.Name(member), Names.SecretNameRule);
        }

        return name;
    }

    /// <summary>A value: not empty, at most 64 KiB of UTF-8, no NUL. What is wrong with it is said without repeating it.</summary>
    public static Sensitive Value(JsonFields fields)
    {
        var text = fields.Text("value", min: 1);
        if (text.Length > 0 && ValueProblem(text) is { } problem)
        {
            fields.Complain(fields.Name("value"), problem);
        }

        return new Sensitive(text);
    }

    /// <summary>What is wrong with a value, or null.</summary>
    public static string? ValueProblem(string text) =>
        text.Length == 0 ? "must contain at least 1 character"
        : text.Contains('\0') ? "must not contain NUL"
        : Encoding.UTF8.GetByteCount(text) > MaxValueBytes ? "must be at most 64 KiB of UTF-8"
        : null;

    public static string? NoteProblem(string note) =>
        note.Length > MaxNote ? $"must contain at most {MaxNote} characters"
        : note.Contains('\0') ? "must not contain NUL"
        : null;

    /// <summary>A <c>type</c> or <c>dataType</c>: 1–32 of <c>a-z_-</c>.</summary>
    public static string? Kind(JsonFields fields, string member)
    {
        var kind = fields.OptionalText(member, 1, 32);
        if (kind is not null && kind.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz_-"))
        {
            fields.Complain(fields.Name(member), "must be 1 to 32 characters of a-z, _ and -");
        }

        return kind;
    }

    public static string? Note(JsonFields fields)
    {
        var note = fields.OptionalText("note", 0, MaxNote);
        if (note is not null && note.Contains('\0'))
        {
            fields.Complain(fields.Name("note"), "must not contain NUL");
        }

        return note;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<SecretBody>))]
internal sealed partial class SecretJson : JsonSerializerContext;
