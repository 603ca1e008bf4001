using System.Net;
using System.Security.Cryptography.X509Certificates;
using Enkryptify.Gateway.TestIssuer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

// An OIDC issuer as a process of its own, on loopback, for tests: PORT [CERTIFICATE.pfx]. Prints its port and that of its control listener, and ends with
// its standard input. On the control listener: PUT /jwks, /jwks-uri, /behaviour; GET /requests.
var (port, certificate) = (int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture), args.Length > 1 ? X509CertificateLoader.LoadPkcs12FromFile(args[1], null) : null);
var issuer = new Issuer();
var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.Logging.ClearProviders();
builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
{
    kestrel.Listen(IPAddress.Loopback, port, listen =>
    {
        if (certificate is not null)
        {
            listen.UseHttps(certificate);
        }
    });
    kestrel.Listen(IPAddress.Loopback, 0);
});
await using var app = builder.Build();
var control = 0;
app.Run(context => context.Connection.LocalPort == control ? issuer.Control(context) : issuer.Answer(context));
await app.StartAsync();
var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address).Port).ToArray();
control = addresses[1];
Console.WriteLine($"{addresses[0]} {addresses[1]}");
while (await Console.In.ReadLineAsync() is not null)
{
    // Whoever started it holds the other end.
}
