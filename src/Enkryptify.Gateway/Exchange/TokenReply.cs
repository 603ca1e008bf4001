using System.Buffers;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Exchange;

/// <summary>
/// The answer to an exchange, <c>{"accessToken", "expiresIn", "tokenType"}</c> (contract section 3), put together from its three pieces: a JWT has no
/// character that JSON would escape.
/// </summary>
/// <param name="jwt">In ASCII.</param>
internal sealed class TokenReply(byte[] jwt) : Reply
{
    private static ReadOnlySpan<byte> Before => "{\"accessToken\":\""u8;

    private static readonly byte[] After = System.Text.Encoding.ASCII.GetBytes(
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"\",\"expiresIn\":{TokenIssuer.LifetimeSeconds},\"tokenType\":\"Bearer\"}}"));

    public override Task Write(HttpContext context, string requestId)
    {
        var response = context.Response;
        response.StatusCode = 200;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = Before.Length + jwt.Length + After.Length;
        response.BodyWriter.Write(Before);
        response.BodyWriter.Write(jwt);
        response.BodyWriter.Write(After);
        return response.BodyWriter.FlushAsync(context.RequestAborted).AsTask();
    }

    public override string ToString() => "[redacted]";
}
