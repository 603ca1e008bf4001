using System.Net;
using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Forwarding.Templates;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>
/// Sends a request to its origin over connections that <see cref="AddressGuard"/> made. HTTP/1.1; no redirect is followed, no cookie kept, no proxy of the
/// environment asked, nothing decompressed, no tracing header added.
/// </summary>
internal sealed class Upstream : IDisposable
{
    /// <summary>From resolving a name to the end of the TLS handshake.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpMessageInvoker http;

    /// <remarks>
    /// One pool, keyed by origin, for all workspaces. A pooled connection was judged by the same rules as a new one would be: the guard knows no workspace, and
    /// the workspace's own gate, the allow-list, is asked for each request before this is reached. What would make a connection somebody's, NTLM and the like,
    /// is refused (<see cref="ProxyHeaders.AuthenticatesTheConnection"/>). Connections end after two minutes, so a host that moved is found.
    /// </remarks>
    public Upstream(AddressGuard guard)
    {
        http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (context, cancel) => guard.Connect(context.DnsEndPoint, cancel),
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            MaxConnectionsPerServer = 256,
            MaxResponseHeadersLength = 64,
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            PreAuthenticate = false,
            ActivityHeadersPropagator = null,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        });
    }

    /// <summary>Builds the request. A value with a control character in a header is refused: it would begin another header, or another request.</summary>
    /// <param name="plainOnly">Whether the answer has to come uncompressed, since it is to be read here.</param>
    public static Outcome<HttpRequestMessage> Build(ProxyRequest request, IReadOnlyDictionary<string, Sensitive> values, bool plainOnly)
    {
        string Value(string name) => values[name].Reveal();
        var url = request.Url.Render(request.Url.Template(values.ContainsKey), Value);
        var message = new HttpRequestMessage(new HttpMethod(request.Method), url) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (request.Body.Render(Value) is { } body)
        {
            message.Content = new ByteArrayContent(body);
        }
        else if (request.Method is "POST" or "PATCH")
        {
            // A request without content is sent again by the platform when a connection ends without an answer; what is not idempotent must not be.
            message.Content = new ByteArrayContent([]);
        }

        var typed = false;
        foreach (var header in request.Headers)
        {
            var value = header.Value.Render(Value);
            if (!ValueForm.FitsHeader(value))
            {
                return Refused(header, "the value of a placeholder holds a control character, which a header must not");
            }

            if (ProxyHeaders.AuthenticatesTheConnection(header.Name, value))
            {
                return Refused(header, "must not be NTLM or Negotiate: they sign in a connection, which others use after this request");
            }

            if (plainOnly && header.Name.Equals("Accept-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                value = "identity";
            }

            typed |= header.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase);
            if (!message.Headers.TryAddWithoutValidation(header.Name, value))
            {
                // Content-Type and its like travel with a body, if an empty one.
                message.Content ??= new ByteArrayContent([]);
                message.Content.Headers.TryAddWithoutValidation(header.Name, value);
            }
        }

        if (!typed && request.Body.DefaultType is { } type)
        {
            message.Content!.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        return message;

        static Refusal Refused(ProxyHeader header, string problem) =>
            Refusal.Invalid($"headers.{Http.JsonFields.Printable(header.Name)}", problem) with { Reason = "unfit_header_value" };
    }

    /// <summary>The head of the answer; its body is still to be read.</summary>
    /// <exception cref="OperationCanceledException">Out of time, or the caller has gone.</exception>
    public async Task<Outcome<HttpResponseMessage>> Send(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            return await http.SendAsync(request, cancel).ConfigureAwait(false);
        }
        catch (HttpRequestException error)
        {
            return FailureOf(error, request.RequestUri!.Host);
        }
    }

    /// <summary>The body of an answer broke off.</summary>
    public static Refusal CutShort() => new(RefusalKind.BadGateway, "upstream_failed", "The upstream's answer broke off");

    public static Refusal TimedOut() => new(RefusalKind.BadGateway, "upstream_timeout", "The upstream did not answer in time");

    public void Dispose() => http.Dispose();

    private static Refusal FailureOf(HttpRequestException error, string host)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is GuardedAddressException guarded)
            {
                // Which address it was says how the inside is built: that is the operator's to know, in the audit log.
                return new Refusal(RefusalKind.Forbidden, "address_not_allowed", $"Host \"{host}\" leads to an address that this gateway does not open", $"{guarded.Reason}:{guarded.Address}");
            }
        }

        var (code, message) = error.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => ("upstream_unreachable", "The upstream's name could not be resolved"),
            HttpRequestError.SecureConnectionError => ("upstream_untrusted", "No trusted TLS connection to the upstream could be made"),
            HttpRequestError.ConnectionError or HttpRequestError.Unknown => ("upstream_unreachable", "The upstream could not be reached"),
            _ => ("upstream_failed", "The upstream's answer could not be understood"),
        };
        return new Refusal(RefusalKind.BadGateway, code, message);
    }
}
