using System.Text.Json;
using System.Text.Json.Serialization;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>
/// An answer as bytes, before it is sealed. The time is within, so that whoever can write the file cannot make an old answer young.
/// </summary>
internal abstract class KeptForm<T>
{
    public abstract byte[] Write(T value, DateTimeOffset at);

    /// <summary>Null when it is not of this form, such as one of an older version.</summary>
    public Kept<T>? Read(byte[] content)
    {
        try
        {
            return Parse(content);
        }
        catch (Exception error) when (error is JsonException or NullReferenceException or ArgumentNullException)
        {
            return null;
        }
    }

    protected abstract Kept<T>? Parse(byte[] content);
}

internal sealed class KeptStructureForm : KeptForm<RemoteStructure>
{
    public override byte[] Write(RemoteStructure value, DateTimeOffset at) =>
        JsonSerializer.SerializeToUtf8Bytes(new KeptStructure(at, value.Workspace, value.Teams), KeptJson.Default.KeptStructure);

    protected override Kept<RemoteStructure>? Parse(byte[] content) =>
        JsonSerializer.Deserialize(content, KeptJson.Default.KeptStructure) is { } kept ? new(new RemoteStructure(kept.Workspace, kept.Teams), kept.At, IsKept: true) : null;
}

internal sealed class KeptSecretsForm : KeptForm<RemoteSecrets>
{
    public override byte[] Write(RemoteSecrets value, DateTimeOffset at) => JsonSerializer.SerializeToUtf8Bytes(
        new KeptSecrets(at, value.LeftOut, [.. value.Secrets.Select(secret => new KeptSecret(secret.Row, secret.Value.Reveal()))]), KeptJson.Default.KeptSecrets);

    protected override Kept<RemoteSecrets>? Parse(byte[] content) => JsonSerializer.Deserialize(content, KeptJson.Default.KeptSecrets) is { } kept
        ? new(new RemoteSecrets([.. kept.Secrets.Select(secret => new RemoteSecret(secret.Row, new Sensitive(secret.Value)))], kept.LeftOut), kept.At, IsKept: true)
        : null;
}

internal sealed record KeptStructure(DateTimeOffset At, Guid Workspace, IReadOnlyList<Team> Teams);

internal sealed record KeptSecrets(DateTimeOffset At, int LeftOut, IReadOnlyList<KeptSecret> Secrets);

internal sealed record KeptSecret(SecretRow Row, string Value)
{
    /// <summary>A record prints its members; this one must not.</summary>
    public override string ToString() => "[redacted]";
}

[JsonSerializable(typeof(KeptStructure))]
[JsonSerializable(typeof(KeptSecrets))]
internal sealed partial class KeptJson : JsonSerializerContext;
