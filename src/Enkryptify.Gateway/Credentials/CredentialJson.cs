using System.Text.Json;
using System.Text.Json.Serialization;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Credentials;

/// <summary>A scope on the wire.</summary>
internal sealed class ScopeConverter : JsonConverter<Scope>
{
    public override Scope Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Scopes of requests are read by ScopeBody.");

    public override void Write(Utf8JsonWriter writer, Scope value, JsonSerializerOptions options) => value.Write(writer);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(ScopeConverter)])]
[JsonSerializable(typeof(IReadOnlyList<TokenBody>))]
[JsonSerializable(typeof(IssuedTokenBody))]
[JsonSerializable(typeof(CliTokenBody))]
[JsonSerializable(typeof(IReadOnlyList<IdentityBody>))]
[JsonSerializable(typeof(IdentityBody))]
[JsonSerializable(typeof(IReadOnlyList<CredentialBody>))]
internal sealed partial class CredentialJson : JsonSerializerContext;
