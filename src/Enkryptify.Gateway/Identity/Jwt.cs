using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Identity;

/// <summary>
/// Makes and checks our own JWTs (RFC 7519, JWS compact form, ES256, <c>typ</c> <c>at+jwt</c>). The header of each key is fixed, so it is encoded
/// once, and a token is ours only if its header is one of ours to the letter: there is no header to parse and no algorithm to confuse.
/// Other parties' tokens are never checked here.
/// </summary>
internal sealed class Jwt(SigningKeys keys, string issuer)
{
    /// <summary>A scope has at most 100 ids, so ours stay below this; what is longer is not read.</summary>
    public const int MaxLength = 16 * 1024;

    private const int SignatureSize = 64;
    private volatile Headers headers = new(keys.Now);

    public string Issuer => issuer;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? payload;

    [ThreadStatic]
    private static Utf8JsonWriter? writer;

    /// <summary>A token as text.</summary>
    public string Sign(TokenClaims claims, (Guid Workspace, Permission Permission, Scope Scope)? lent) => Encoding.ASCII.GetString(SignToBytes(claims, lent));

    /// <summary>A token as it goes over the wire: ASCII. The one thing that is allocated, since this is the hot path.</summary>
    public byte[] SignToBytes(TokenClaims claims, (Guid Workspace, Permission Permission, Scope Scope)? lent)
    {
        payload ??= new ArrayBufferWriter<byte>(512);
        writer ??= new Utf8JsonWriter(payload);
        payload.ResetWrittenCount();
        writer.Reset(payload);
        TokenPayload.Write(writer, issuer, claims, lent);
        writer.Flush();

        var signing = Headed();
        var (header, key) = signing.Current;
        var signedLength = header.Length + 1 + Base64Url.GetEncodedLength(payload.WrittenCount);
        var token = new byte[signedLength + 1 + Base64Url.GetEncodedLength(SignatureSize)];
        header.CopyTo(token, 0);
        token[header.Length] = (byte)'.';
        Base64Url.EncodeToUtf8(payload.WrittenSpan, token.AsSpan(header.Length + 1));
        Span<byte> signature = stackalloc byte[SignatureSize];
        key.Ecdsa.TrySignData(
            token.AsSpan(0, signedLength), signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation, out _);
        token[signedLength] = (byte)'.';
        Base64Url.EncodeToUtf8(signature, token.AsSpan(signedLength + 1));
        return token;
    }

    /// <summary>The claims, when the signature is ours and all of them are there. Times are judged by the caller.</summary>
    public TokenClaims? Verify(ReadOnlySpan<byte> token)
    {
        if (token.Length > MaxLength)
        {
            return null;
        }

        var payloadStart = token.IndexOf((byte)'.') + 1;
        var signatureStart = token.LastIndexOf((byte)'.') + 1;
        if (payloadStart == 0 || signatureStart <= payloadStart || KeyOf(token[..(payloadStart - 1)]) is not { } key)
        {
            return null;
        }

        Span<byte> signature = stackalloc byte[SignatureSize];
        if (!Decode(token[signatureStart..], signature, out var written) || written != SignatureSize
            || !key.Ecdsa.VerifyData(token[..(signatureStart - 1)], signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))
        {
            return null;
        }

        var encoded = token[payloadStart..(signatureStart - 1)];
        var payload = ArrayPool<byte>.Shared.Rent(encoded.Length);
        try
        {
            return Decode(encoded, payload, out written) ? TokenPayload.Read(payload.AsSpan(0, written), issuer) : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(payload);
        }
    }

    private static byte[] Header(string kid) =>
        Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"ES256","kid":"{{kid}}","typ":"at+jwt"}""")));

    private static bool Decode(ReadOnlySpan<byte> text, Span<byte> bytes, out int written) =>
        Base64Url.DecodeFromUtf8(text, bytes, out var consumed, out written) == OperationStatus.Done && consumed == text.Length && !text.Contains((byte)'=');

    private SigningKey? KeyOf(ReadOnlySpan<byte> header)
    {
        foreach (var (own, key) in Headed().Published)
        {
            if (header.SequenceEqual(own))
            {
                return key;
            }
        }

        return null;
    }

    /// <summary>The headers of the keys as they are now.</summary>
    private Headers Headed()
    {
        var (held, now) = (headers, keys.Now);
        return held.Of == now ? held : headers = new Headers(now);
    }

    private sealed class Headers(SigningSet of)
    {
        public SigningSet Of => of;

        public (byte[] Header, SigningKey Key)[] Published { get; } = [.. of.Published.Select(key => (Header(key.Id), key))];

        public (byte[] Header, SigningKey Key) Current { get; } = (Header(of.Current.Id), of.Current);
    }
}
