using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Enkryptify.Gateway.Tests.Forwarding.Proxy;

/// <summary>What an upstream got.</summary>
internal sealed record Received(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>A real web server at loopback that remembers the last request and answers 200, or what the test asks for.</summary>
internal sealed class EchoUpstream : IAsyncDisposable
{
    private readonly WebApplication app;
    private int requests;

    private EchoUpstream(WebApplication app) => this.app = app;

    public int Port { get; private set; }

    public int Requests => Volatile.Read(ref requests);

    public Received Last { get; private set; } = null!;

    public Func<HttpContext, Task> Answer { get; set; } = context => context.Response.WriteAsync("ok");

    public static async Task<EchoUpstream> Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 << 20;
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.UTF8;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        var upstream = new EchoUpstream(app);
        app.Run(upstream.Handle);
        await app.StartAsync();
        upstream.Port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        return upstream;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task Handle(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Last = new Received(
            context.Request.Method, context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray());
        Interlocked.Increment(ref requests);
        await Answer(context);
    }
}

/// <summary>A gateway whose proxy reaches <c>http://api.example.com</c>, an upstream of the test, and nothing else unless a test allows more.</summary>
public class ProxyWorld : IAsyncLifetime
{
    public const string Host = "http://api.example.com";

    /// <summary>With everything in it that a URL, a header or a JSON text has a meaning for.</summary>
    public const string Odd = "p\"a<b>&c=d/e?f#g%20 é'\\";

    internal TestNetwork Network { get; } = new();

    internal EchoUpstream Upstream { get; private set; } = null!;

    internal TestGateway Gateway { get; private set; } = null!;

    internal Acme Acme { get; private set; } = null!;

    /// <summary>The JWT of a credential that reads everything in acme.</summary>
    internal Api Machine { get; private set; } = null!;

    /// <summary>Settings of the gateway.</summary>
    protected virtual (string Key, string Value)[] Settings => [];

    public virtual async ValueTask InitializeAsync()
    {
        Upstream = await EchoUpstream.Start();
        Network.UpstreamPorts[80] = Upstream.Port;
        Network.Name("api.example.com", [TestNetwork.Public.ToString()]);
        Gateway = await TestGateway.Start(Network, Settings);
        Acme = await Acme.Seed(Gateway);
        Machine = (await Gateway.Machine("read")).Api;
        await Allow(Host);
        foreach (var (name, value) in new[] { ("TOKEN", "tok-1234567890"), ("ODD", Odd), ("LINES", "one\r\nX-Injected: yes"), ("TAB", "a\tb"), ("LOOP", "%TOKEN%"), ("REF", "<${TOKEN}>") })
        {
            Assert.Equal(201, (await Gateway.Operator.Post("/v1/workspace/acme/project/shop/secret", Json.Secret(name, value, [Acme.ShopDev]))).Status);
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Gateway.DisposeAsync();
        await Upstream.DisposeAsync();
        Network.Dispose();
    }

    /// <summary>Makes these the workspace's allow-list.</summary>
    internal async Task<Answer> Allow(params string[] origins) => await Gateway.Operator.Put("/v1/workspace/acme/proxy-allowlist", Json.List([.. origins]));

    internal static JsonObject Headers(params (string, string)[] headers) => Json.Of([.. headers.Select(header => (header.Item1, (object?)header.Item2))]);

    internal JsonObject Request(string url, string method = "GET", JsonNode? headers = null, JsonNode? body = null)
    {
        var request = Json.Of(("url", url), ("method", method));
        if (headers is not null)
        {
            request["headers"] = headers.DeepClone();
        }

        if (body is not null)
        {
            request["body"] = body.DeepClone();
        }

        return request;
    }

    internal JsonObject WithConfig(JsonObject request, bool? personal = null)
    {
        var config = Json.Of(("workspace", "acme"), ("project", "shop"), ("environment-id", Acme.ShopDev));
        if (personal is { } asked)
        {
            config["is-personal"] = asked;
        }

        request["config"] = config;
        return request;
    }

    /// <summary>The form that answers as the upstream did.</summary>
    internal Task<Answer> Verbatim(string url, string method = "GET", JsonNode? headers = null, JsonNode? body = null, Api? by = null) =>
        (by ?? Machine).Post("/proxy", WithConfig(Request(url, method, headers, body)));

    /// <summary>The form that answers with an envelope.</summary>
    internal Task<Answer> Envelope(string url, string method = "GET", JsonNode? headers = null, JsonNode? body = null, Api? by = null, string? encoding = null)
    {
        var request = Request(url, method, headers, body);
        if (encoding is not null)
        {
            request["bodyEncoding"] = encoding;
        }

        return (by ?? Machine).Post($"/proxy/acme/shop/{Acme.ShopDev}", request);
    }

    /// <summary>The newest entry of the proxy's log.</summary>
    internal async Task<JsonNode> Logged() => (await Gateway.Operator.Get("/v1/workspace/acme/audit?action=PROXY&limit=1")).Json[0]!;
}
