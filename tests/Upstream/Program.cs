using System.Net;
using System.Net.Sockets;
using Enkryptify.Upstream;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

// The server behind a legacy route: says what it got, and misbehaves on request. `upstream [PORT]`; prints "PORT GARBAGE-PORT" when it is ready and
// ends when its standard input does, so that it never outlives the test that started it.
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
{
    kestrel.Limits.MaxRequestBodySize = null;
    kestrel.Limits.MinRequestBodyDataRate = null;
    kestrel.AllowAlternateSchemes = true;
    kestrel.Listen(IPAddress.Loopback, args is [var port, ..] ? int.Parse(port, System.Globalization.CultureInfo.InvariantCulture) : 0);
});
await using var app = builder.Build();
app.UseWebSockets();
app.Run(Behaviour.Answer);
await app.StartAsync();

using var garbage = new TcpListener(IPAddress.Loopback, 0);
garbage.Start();
_ = Behaviour.Garble(garbage);
var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
Console.WriteLine($"{address.Port} {((IPEndPoint)garbage.LocalEndpoint).Port}");
await Console.In.ReadToEndAsync();
