using System.Text.Json.Nodes;
using Jose;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>A verifier that shares no code with the gateway: jose-jwt, fed with nothing but the published key set.</summary>
internal static class JoseVerifier
{
    private static readonly JwtSettings Settings = new JwtSettings().RegisterMapper(new NodeMapper());

    /// <summary>The payload, when the signature is one of the set's keys, named by <c>kid</c>.</summary>
    /// <exception cref="JoseException">It is not.</exception>
    public static JsonNode Verify(string token, string jwks)
    {
        var keys = JwkSet.FromJson(jwks, Settings.JsonMapper);
        var kid = (string)JWT.Headers(token, Settings)["kid"];
        return JsonNode.Parse(JWT.Decode(token, keys.Keys.Single(key => key.KeyId == kid), JwsAlgorithm.ES256, Settings))!;
    }

    /// <summary>jose-jwt's JSON through nodes: reflection is off in this process, as in the native binary.</summary>
    private sealed class NodeMapper : IJsonMapper
    {
        public string Serialize(object obj) => throw new NotSupportedException();

        public T Parse<T>(string json) => (T)(object)Members(JsonNode.Parse(json)!.AsObject());

        private static Dictionary<string, object> Members(JsonObject node) => node.ToDictionary(member => member.Key, member => Value(member.Value!));

        private static object Value(JsonNode node) => node switch
        {
            JsonObject members => Members(members),
            JsonArray items => items.Select(item => Value(item!)).ToList(),
            _ => node.GetValueKind() == System.Text.Json.JsonValueKind.String ? node.GetValue<string>() : node.GetValue<long>(),
        };
    }
}
