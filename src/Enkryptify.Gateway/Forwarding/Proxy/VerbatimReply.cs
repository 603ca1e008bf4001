using System.Buffers;
using Enkryptify.Gateway.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>
/// The upstream's answer as it is: status, headers, body, streamed. Our own headers give way, so that none of the upstream's is doubled; <c>Location</c> is renamed,
/// since a client that follows it would send its <c>Authorization</c> along (contract section 7).
/// </summary>
internal sealed class VerbatimReply(UpstreamAnswer answer) : Reply
{
    public const string RenamedLocation = "X-Enkryptify-Location";

    public override async Task Write(HttpContext context, string requestId)
    {
        using (answer)
        {
            var (upstream, response) = (answer.Response, context.Response);
            response.Headers.Clear();
            response.StatusCode = (int)upstream.StatusCode;
            context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = upstream.ReasonPhrase is { Length: > 0 } phrase && System.Text.Ascii.IsValid(phrase) ? phrase : null;
            var bodiless = answer.Method == HttpMethod.Head || response.StatusCode is 204 or 205 or 304;
            foreach (var (name, value) in UpstreamAnswer.Headers(upstream))
            {
                // The length of a body that is not sent would leave the client waiting for it.
                if (!bodiless || !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                {
                    response.Headers.Append(name.Equals("Location", StringComparison.OrdinalIgnoreCase) ? RenamedLocation : name, value);
                }
            }

            if (bodiless)
            {
                return;
            }

            try
            {
                await Copy(upstream, response, context).ConfigureAwait(false);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or HttpRequestException)
            {
                // Part of it may be out: cut the connection, so that half an answer does not look whole.
                context.Abort();
            }
        }
    }

    private async Task Copy(HttpResponseMessage upstream, HttpResponse response, HttpContext context)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(answer.Limits.Token, context.RequestAborted);
        await response.StartAsync(either.Token).ConfigureAwait(false);
        await using var body = await upstream.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
        var chunk = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            for (int read; (read = await body.ReadAsync(chunk, either.Token).ConfigureAwait(false)) > 0;)
            {
                await response.Body.WriteAsync(chunk.AsMemory(0, read), either.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk, clearArray: true);
        }
    }
}
