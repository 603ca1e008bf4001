using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Microsoft.AspNetCore.WebUtilities;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>What the provider says of itself (OpenID Connect Discovery 1.0 section 3).</summary>
/// <param name="NamesItself">It promises <c>iss</c> in its answers (RFC 9207 section 3), so one without it is none of its.</param>
internal sealed record ProviderMetadata(Uri Authorization, Uri Token, Uri Jwks, bool NamesItself);

/// <summary>The company's identity provider, as a client of its OpenID Connect endpoints: authorization code with PKCE.</summary>
internal sealed class Provider : IDisposable
{
    private readonly SsoConfig config;
    private readonly Sensitive clientSecret;
    private readonly ProviderHttp http;
    private readonly Fetched<ProviderMetadata> metadata;
    private readonly Fetched<ProviderKeys> keys;
    private readonly ILogger log;

    /// <exception cref="UnusableSettingException">The client secret or the CA file cannot be read.</exception>
    public Provider(SsoConfig config, string publicUrl, TimeProvider time, ILogger log)
    {
        (this.config, this.log) = (config, log);
        clientSecret = ReferencedSecret.Text(config.ClientSecret, "client secret");
        http = new ProviderHttp(config.CaFile, log);
        metadata = new Fetched<ProviderMetadata>(Discover, time);
        keys = new Fetched<ProviderKeys>(FetchKeys, time);
        RedirectUri = publicUrl + SsoCallback.Path;
    }

    public string RedirectUri { get; }

    public ValueTask<Outcome<ProviderMetadata>> Metadata() => metadata.Get();

    /// <param name="unless">Keys that were not enough.</param>
    public ValueTask<Outcome<ProviderKeys>> Keys(ProviderKeys? unless = null) => keys.Get(unless);

    /// <summary>Where to send the browser.</summary>
    public Uri AuthorizationUrl(ProviderMetadata provider, string state, OpenSignIn signIn) => new(QueryHelpers.AddQueryString(provider.Authorization.AbsoluteUri, new Dictionary<string, string?>
    {
        ["response_type"] = "code",
        ["client_id"] = config.ClientId,
        ["redirect_uri"] = RedirectUri,
        ["scope"] = "openid email profile",
        ["state"] = state,
        ["nonce"] = signIn.Nonce,
        ["code_challenge"] = OpenSignIns.Challenge(signIn.Verifier),
        ["code_challenge_method"] = "S256",
    }));

    /// <summary>The ID token for a code. It is unproven yet.</summary>
    public async ValueTask<Outcome<string>> Redeem(ProviderMetadata provider, string code, Sensitive verifier)
    {
        // RFC 6749 section 2.3.1: both halves are form-encoded first.
        var credentials = $"{Uri.EscapeDataString(config.ClientId)}:{Uri.EscapeDataString(clientSecret.Reveal())}";
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "authorization_code"), new("code", code), new("redirect_uri", RedirectUri), new("code_verifier", verifier.Reveal()),
        ]);
        var answer = await http.Post(
            provider.Token, form, new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials))), "token", SsoRefusal.Code);
        if (answer.Refused(out var refusal, out var body))
        {
            return refusal;
        }

        return Text(Object(body), "id_token") is { } token ? token : Unusable("token");
    }

    public void Dispose()
    {
        metadata.Dispose();
        keys.Dispose();
        http.Dispose();
    }

    private async Task<Outcome<ProviderMetadata>> Discover()
    {
        const string What = "discovery document";
        var answer = await http.Get(new Uri(config.Issuer.TrimEnd('/') + "/.well-known/openid-configuration"), What);
        if (answer.Refused(out var refusal, out var body))
        {
            return refusal;
        }

        var document = Object(body);
        if (Text(document, "issuer") != config.Issuer)
        {
            log.LogWarning("sso: the discovery document names another issuer than sso.issuer, which must be written exactly as there");
            return SsoRefusal.Unreachable;
        }

        return Endpoint(document, "authorization_endpoint") is { } authorization && Endpoint(document, "token_endpoint") is { } token && Endpoint(document, "jwks_uri") is { } jwks
            ? new ProviderMetadata(authorization, token, jwks, document.TryGetProperty("authorization_response_iss_parameter_supported", out var names) && names.ValueKind == JsonValueKind.True)
            : Unusable(What);
    }

    private async Task<Outcome<ProviderKeys>> FetchKeys()
    {
        if ((await Metadata()).Refused(out var refusal, out var provider) || (await http.Get(provider.Jwks, "key set")).Refused(out refusal, out var body))
        {
            return refusal;
        }

        return ProviderKeys.Parse(body) is { } parsed ? parsed : Unusable("key set");
    }

    private Refusal Unusable(string what)
    {
        log.LogWarning("sso: the provider's {What} is not what the standard asks for", what);
        return SsoRefusal.Unreachable;
    }

    /// <summary>An address of the provider is used as it is, so it must be as trustworthy as the issuer's own.</summary>
    private static Uri? Endpoint(JsonElement document, string name) =>
        Uri.TryCreate(Text(document, name), UriKind.Absolute, out var url) && IssuerUrl.IsTrusted(url) ? url : null;

    private static string? Text(JsonElement document, string name) =>
        document.ValueKind == JsonValueKind.Object && document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>An undefined element when it is no JSON object.</summary>
    private static JsonElement Object(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : default;
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
