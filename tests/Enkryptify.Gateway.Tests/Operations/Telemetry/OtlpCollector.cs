using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Enkryptify.Gateway.Tests.Operations.Telemetry;

/// <summary>One span as it arrived.</summary>
internal sealed record ArrivedSpan(string TraceId, string SpanId, string Parent, string Name, ulong Kind, ulong Status, Dictionary<string, string> Attributes);

/// <summary>One data point: its metric, its attributes, its value or its count.</summary>
internal sealed record ArrivedPoint(string Metric, string Unit, Dictionary<string, string> Attributes, double Value, int Buckets);

/// <summary>The operator's collector: a real server at loopback that takes OTLP over HTTP or gRPC, keeps every byte, and answers as the test says.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    public const ulong Server = 2;
    public const ulong Client = 3;

    private readonly WebApplication app;
    private readonly bool grpc;

    private OtlpCollector(WebApplication app, bool grpc) => (this.app, this.grpc) = (app, grpc);

    public string Url { get; private set; } = "";

    public ConcurrentQueue<(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)> Exports { get; } = [];

    /// <summary>Asked before an answer is given.</summary>
    public Func<HttpContext, Task> Before { get; set; } = static _ => Task.CompletedTask;

    public int Status { get; set; } = 200;

    public IReadOnlyList<ArrivedSpan> Spans => [.. Messages("race").SelectMany(export => export.All(1, 2, 2)).Select(span => new ArrivedSpan(
        span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), span.Number(6), span.All(15).SingleOrDefault()?.Number(3) ?? 0, span.Attributes(9)))];

    public IReadOnlyList<ArrivedPoint> Points => [.. Messages("etrics").SelectMany(export => export.All(1, 2, 2)).SelectMany(metric =>
        metric.All(5, 1).Concat(metric.All(7, 1)).Select(point => new ArrivedPoint(metric.Text(1), metric.Text(3), point.Attributes(7), BitConverter.UInt64BitsToDouble(point.Number(4)), 0))
            .Concat(metric.All(9, 1).Select(point => new ArrivedPoint(metric.Text(1), metric.Text(3), point.Attributes(9), point.Number(4), 1))))];

    public IReadOnlyList<Dictionary<string, string>> Resources => [.. Exports.SelectMany(export => Message(export.Body).All(1, 1)).Select(resource => resource.Attributes(1))];

    /// <param name="pki">It speaks TLS, with a certificate from there.</param>
    public static async Task<OtlpCollector> Start(bool grpc = false, Pki? pki = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = grpc ? HttpProtocols.Http2 : HttpProtocols.Http1;
            if (pki is not null)
            {
                var issued = X509CertificateLoader.LoadPkcs12(pki.Issue("collector").Export(X509ContentType.Pkcs12), null);
                listen.UseHttps(https => (https.ServerCertificate, https.ServerCertificateChain) = (issued, [pki.Intermediate]));
            }
        }));
        var collector = new OtlpCollector(builder.Build(), grpc);
        collector.app.Run(collector.Take);
        await collector.app.StartAsync();
        collector.Url = collector.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return collector;
    }

    /// <summary>Waits until something has arrived that it is asked for.</summary>
    public static async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    private IEnumerable<ProtobufMessage> Messages(string kind) => Exports.Where(export => export.Path.Contains(kind, StringComparison.Ordinal)).Select(export => Message(export.Body));

    /// <summary>gRPC puts a byte and a length before each message.</summary>
    private ProtobufMessage Message(byte[] body) => new(grpc ? body.AsSpan(5) : body);

    private async Task Take(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        await Before(context);
        if (Status == 200)
        {
            Exports.Enqueue((context.Request.Path, context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
        }

        context.Response.StatusCode = Status;
        if (grpc)
        {
            context.Response.ContentType = "application/grpc";
            context.Response.AppendTrailer("grpc-status", "0");
            await context.Response.Body.WriteAsync(new byte[5]);
        }
    }
}
