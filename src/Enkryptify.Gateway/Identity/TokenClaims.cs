using System.Text.Json;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Identity;

/// <summary>The <c>token_use</c> claim: what kind of proof a JWT of ours is.</summary>
internal enum TokenUse
{
    /// <summary>Given by an exchange; <c>sub</c> is the credential.</summary>
    Credential,

    /// <summary>Made by a person's CLI for one environment; <c>sub</c> is the credential.</summary>
    Cli,

    /// <summary>A person's sign-in; <c>sub</c> is the user.</summary>
    Login,
}

/// <summary>
/// What we decide by. <c>workspace</c>, <c>permission</c> and <c>scope</c> are also in the JWT, for its reader's information: the store decides.
/// </summary>
/// <param name="Version">Claim <c>ver</c>: the credential's version when the JWT was issued, so that a rotation ends it.</param>
/// <param name="Id">Claim <c>jti</c>; for a login the session that it belongs to.</param>
internal sealed record TokenClaims(TokenUse Use, Guid Subject, long Version, Guid Id, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt);

/// <summary>Claims as JSON (RFC 9068 profile, contract section 3).</summary>
internal static class TokenPayload
{
    public const string Audience = "enkryptify";

    public static void Write(Utf8JsonWriter writer, string issuer, TokenClaims claims, (Guid Workspace, Permission Permission, Scope Scope)? lent)
    {
        writer.WriteStartObject();
        writer.WriteString("iss"u8, issuer);
        writer.WriteString("aud"u8, Audience);
        writer.WriteString("sub"u8, claims.Subject);
        writer.WriteString("jti"u8, claims.Id);
        writer.WriteNumber("iat"u8, claims.IssuedAt.ToUnixTimeSeconds());
        writer.WriteNumber("nbf"u8, claims.IssuedAt.ToUnixTimeSeconds());
        writer.WriteNumber("exp"u8, claims.ExpiresAt.ToUnixTimeSeconds());
        writer.WriteString("token_use"u8, claims.Use switch { TokenUse.Credential => "credential"u8, TokenUse.Cli => "cli"u8, _ => "login"u8 });
        writer.WriteNumber("ver"u8, claims.Version);
        if (lent is { } l)
        {
            writer.WriteString("workspace"u8, l.Workspace);
            writer.WriteString("permission"u8, l.Permission.Wire());
            writer.WritePropertyName("scope"u8);
            l.Scope.Write(writer);
        }

        writer.WriteEndObject();
    }

    /// <summary>Null when a claim is missing, of the wrong type, or not for us. Times are judged by the caller.</summary>
    public static TokenClaims? Read(ReadOnlySpan<byte> json, string issuer)
    {
        string? iss = null, aud = null, use = null;
        Guid? sub = null, jti = null;
        long? iat = null, exp = null, ver = null;
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                {
                    continue;
                }

                if (Is(ref reader, "iss"u8)) iss = reader.GetString();
                else if (Is(ref reader, "aud"u8)) aud = reader.GetString();
                else if (Is(ref reader, "sub"u8)) sub = reader.GetGuid();
                else if (Is(ref reader, "jti"u8)) jti = reader.GetGuid();
                else if (Is(ref reader, "iat"u8)) iat = reader.GetInt64();
                else if (Is(ref reader, "exp"u8)) exp = reader.GetInt64();
                else if (Is(ref reader, "ver"u8)) ver = reader.GetInt64();
                else if (Is(ref reader, "token_use"u8)) use = reader.GetString();
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }

        TokenUse? kind = use switch { "credential" => TokenUse.Credential, "cli" => TokenUse.Cli, "login" => TokenUse.Login, _ => null };
        return iss == issuer && aud == Audience && kind is { } k && sub is { } s && jti is { } j && iat is { } i && exp is { } e && ver is { } v
            ? new TokenClaims(k, s, v, j, DateTimeOffset.FromUnixTimeSeconds(i), DateTimeOffset.FromUnixTimeSeconds(e))
            : null;

        static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => reader.ValueTextEquals(name) && reader.Read();
    }
}
