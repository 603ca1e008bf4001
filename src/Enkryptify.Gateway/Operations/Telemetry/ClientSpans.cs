using System.Diagnostics;

namespace Enkryptify.Gateway.Operations.Telemetry;

/// <summary>
/// Spans of what the gateway itself asks of others: backends, issuers, upstreams of legacy routes. They say the method, the host and the status; a path may hold the
/// name of a secret or, in a route, its value. Nothing of the trace is told to the other side.
/// </summary>
internal static class ClientSpans
{
    public const string SourceName = "Enkryptify.Gateway.Client";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>While telemetry is off the handler stays as it is.</summary>
    public static HttpMessageHandler Around(HttpMessageHandler handler) => Source.HasListeners() ? new Spanned(handler) : handler;

    private sealed class Spanned(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
        {
            using var span = Source.StartActivity(MethodOf(request), ActivityKind.Client);
            if (span is not { IsAllDataRequested: true })
            {
                return await base.SendAsync(request, cancel).ConfigureAwait(false);
            }

            span.SetTag("http.request.method", MethodOf(request));
            span.SetTag("server.address", request.RequestUri!.Host);
            span.SetTag("server.port", request.RequestUri.Port);
            try
            {
                var answer = await base.SendAsync(request, cancel).ConfigureAwait(false);
                span.SetTag("http.response.status_code", (int)answer.StatusCode);
                if ((int)answer.StatusCode >= 400)
                {
                    Failed(span, ((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture));
                }

                return answer;
            }
            catch (Exception error)
            {
                // The type alone: messages name addresses and files.
                Failed(span, error.GetType().FullName!);
                throw;
            }
        }

        private static string MethodOf(HttpRequestMessage request) => request.Method.Method is "GET" or "POST" or "PUT" or "PATCH" or "DELETE" or "HEAD" or "OPTIONS" ? request.Method.Method : "_OTHER";

        private static void Failed(Activity span, string type)
        {
            span.SetTag("error.type", type);
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
