using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>Changes of another gateway's secrets, or of the hosted service's, by contract section 6. Each is one request, and is never sent a second time.</summary>
internal sealed class EnkryptifyWrites(BackendSession session)
{
    /// <returns>Null when it was done, else why not.</returns>
    /// <exception cref="BackendFailure">No answer; whether it may have happened all the same is in it.</exception>
    public async Task<Refusal?> Send(Guid workspace, RemoteChange change, CancellationToken limit)
    {
        var root = $"/v1/workspace/{workspace:D}/project/{change.Project.Id:D}/secret";
        switch (change)
        {
            case RemoteCreation creation:
                return await Send(HttpMethod.Post, root, Body(creation), Lookup.NoEnvironment, limit).ConfigureAwait(false);
            case RemoteUpdate update:
                return await Send(HttpMethod.Put, $"{root}/{update.Fields.Id:D}", Body(update), Lookup.NoSecret, limit).ConfigureAwait(false);
            case RemoteDeletion { Only: { } environment } deletion:
                // Deleting one value is no part of the public contract: who does not know the parameter would delete all of them,
                // also those that came since the rules looked.
                return await KnowsOneValue(limit).ConfigureAwait(false)
                    ? await Send(HttpMethod.Delete, $"{root}/{deletion.Secret:D}?environmentId={environment.Id:D}", null, Lookup.NoSecret, limit).ConfigureAwait(false)
                    : BackendWrites.OnlyWhole;
            case RemoteDeletion deletion:
                return await Send(HttpMethod.Delete, $"{root}/{deletion.Secret:D}", null, Lookup.NoSecret, limit).ConfigureAwait(false);
            default:
                throw new InvalidOperationException("There is no such change.");
        }
    }

    private async Task<Refusal?> Send(HttpMethod method, string path, byte[]? body, Refusal missing, CancellationToken limit)
    {
        try
        {
            return BackendWrites.Of(await session.Change(method, path, body, limit).ConfigureAwait(false), missing);
        }
        finally
        {
            // It holds values.
            CryptographicOperations.ZeroMemory(body);
        }
    }

    /// <summary>Another gateway tells a credential which one it is, which the public contract does not.</summary>
    private async Task<bool> KnowsOneValue(CancellationToken limit)
    {
        try
        {
            return BackendJson.Read(await session.Get("/v1/me", limit).ConfigureAwait(false), root =>
                root.TryGetProperty("credential", out var credential) && credential.ValueKind == JsonValueKind.Object && BackendJson.OptionalText(credential, "id") is not null);
        }
        catch (BackendRefusal refusal) when (refusal.Kind != Answered.CredentialEnded)
        {
            return false;
        }
        catch (BackendFailure failure)
        {
            throw new BackendFailure(failure.Message, failure.Away, isUndone: true);
        }
        catch (OperationCanceledException)
        {
            throw new BackendFailure("it did not answer in time", away: true, isUndone: true);
        }
    }

    private static byte[] Body(RemoteCreation creation) => Write(new SentSecrets(
        [.. creation.Touched.Select(environment => environment.Id)],
        [.. creation.Secrets.Select(secret => new SentSecret(secret.Name, secret.Value.Reveal(), secret.Type, secret.DataType, secret.Note.Length == 0 ? null : secret.Note))]),
        SentJson.Default.SentSecrets);

    private static byte[] Body(RemoteUpdate update) => Write(new SentChange(
        update.Fields.Name, update.Fields.Type, update.Fields.DataType, [.. update.Values.Select(value => new SentValue(value.Environment.Id, value.Value.Reveal(), false))], update.Note),
        SentJson.Default.SentChange);

    /// <summary>Without escapes that JSON does not need: what was within the limits of a body here must be so there.</summary>
    private static byte[] Write<T>(T body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        JsonSerializer.Serialize(writer, body, type);
        writer.Flush();
        var bytes = buffer.WrittenSpan.ToArray();
        buffer.Clear();
        return bytes;
    }
}

internal sealed record SentSecrets(IReadOnlyList<Guid> Environments, IReadOnlyList<SentSecret> Secrets);

internal sealed record SentSecret(string Key, string Value, string Type, string DataType, string? Note)
{
    /// <summary>A record prints its members; this one must not.</summary>
    public override string ToString() => "[redacted]";
}

internal sealed record SentChange(string Name, string Type, string DataType, IReadOnlyList<SentValue> Values, string? Note);

internal sealed record SentValue(Guid EnvironmentId, string Value, bool IsPersonal)
{
    /// <summary>A record prints its members; this one must not.</summary>
    public override string ToString() => "[redacted]";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SentSecrets))]
[JsonSerializable(typeof(SentChange))]
internal sealed partial class SentJson : JsonSerializerContext;
