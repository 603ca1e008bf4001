using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.TestIssuer;

/// <summary>Answers discovery and key set well, or in the way it was told to; remembers what it was asked.</summary>
internal sealed class Issuer
{
    private const string Keys = "/openid/v1/jwks";

    private readonly List<string> requests = [];
    private volatile string jwks = "{\"keys\":[]}";
    private volatile string jwksUri = "";
    private volatile string behaviour = "";

    public async Task Control(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        switch (context.Request.Path.Value)
        {
            case "/jwks":
                jwks = body;
                break;
            case "/jwks-uri":
                jwksUri = body;
                break;
            case "/behaviour":
                behaviour = body;
                break;
            default:
                string asked;
                lock (requests)
                {
                    asked = string.Join('\n', requests);
                }

                await context.Response.WriteAsync(asked);
                break;
        }
    }

    public async Task Answer(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        lock (requests)
        {
            requests.Add($"{request.Path}\t{request.Headers.Authorization}");
        }

        var url = $"{request.Scheme}://{request.Host}";
        switch (behaviour)
        {
            case "500" or "404":
                response.StatusCode = int.Parse(behaviour, System.Globalization.CultureInfo.InvariantCulture);
                await response.WriteAsync("{}");
                break;
            case "HTML":
                response.ContentType = "text/html";
                await response.WriteAsync("<html><body>Sign in</body></html>");
                break;
            case "empty":
                break;
            case "no keys":
                await Documents(context, Discovery(url, url + Keys), "{\"keys\":[]}");
                break;
            case "five keys of one kid":
                await Documents(context, Discovery(url, url + Keys), jwks.Replace("\"keys\":[", "\"keys\":[" + string.Concat(Enumerable.Repeat(FirstKey() + ",", 4)), StringComparison.Ordinal));
                break;
            case "another issuer's document":
                await Documents(context, Discovery("https://evil.test", url + Keys), jwks);
                break;
            case "keys on another origin":
                await Documents(context, Discovery(url, $"{request.Scheme}://localhost:{request.Host.Port}{Keys}"), jwks);
                break;
            case "redirect":
                response.Redirect(request.Path + "?again");
                break;
            case "100 MB":
                var block = new byte[1 << 16];
                Array.Fill(block, (byte)' ');
                for (var i = 0; i < 1600; i++)
                {
                    await response.Body.WriteAsync(block, context.RequestAborted);
                }

                break;
            case "100 MB announced":
                response.ContentLength = 100 << 20;
                await response.Body.WriteAsync(new byte[10], context.RequestAborted);
                break;
            case "a cut connection":
                context.Abort();
                break;
            case "silence":
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            default:
                await Documents(context, Discovery(url, jwksUri.Length > 0 ? jwksUri : url + Keys), jwks);
                break;
        }
    }

    private string FirstKey() => jwks[(jwks.IndexOf('[', StringComparison.Ordinal) + 1)..(jwks.IndexOf('}', StringComparison.Ordinal) + 1)];

    private static string Discovery(string issuer, string keys) => $$"""{"issuer":"{{issuer}}","jwks_uri":"{{keys}}","response_types_supported":["id_token"]}""";

    private static Task Documents(HttpContext context, string discovery, string keys)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(context.Request.Path == Keys ? keys : discovery);
    }
}
