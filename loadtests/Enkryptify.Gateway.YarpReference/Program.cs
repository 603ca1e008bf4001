using System.Globalization;
using System.Net;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

// YARP and nothing else: what tests/measure-routes holds the gateway's routes against. `yarp-reference PORT UPSTREAM-URL`.
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.Services.AddRoutingCore();
builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, int.Parse(args[0], CultureInfo.InvariantCulture)));
builder.Services.AddReverseProxy().LoadFromMemory(
    [new RouteConfig { RouteId = "all", ClusterId = "back", Match = new RouteMatch { Path = "/{**rest}" } }],
    [
        new ClusterConfig
        {
            ClusterId = "back",
            Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = args[1] } },
            HttpRequest = new ForwarderRequestConfig { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact },
        },
    ]);
await using var app = builder.Build();
app.UseRouting();
app.MapReverseProxy();
await app.StartAsync();
Console.WriteLine("ready");
await app.WaitForShutdownAsync();
