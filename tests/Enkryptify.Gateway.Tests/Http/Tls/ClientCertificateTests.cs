using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Http.Tls;

/// <summary>Who is let through the handshake. A certificate that got through opens nothing by itself.</summary>
public class ClientCertificateTests
{
    [Theory]
    [InlineData("none", true, true, true, true, true)]
    [InlineData("request", true, true, false, false, false)]
    [InlineData("require", false, true, false, false, false)]
    public async Task The_mode_decides(string mode, bool without, bool own, bool strange, bool ended, bool server)
    {
        using var others = new Pki("others");
        await using var world = await TlsWorld.Start(
            world =>
            {
                world.Pki.Write(world.Folder);
                File.WriteAllText(Path.Combine(world.Folder, "ca.pem"), world.Pki.RootPem);
            },
            world => mode == "none" ? [] : [("tls.client_certificates", mode), ("tls.client_ca_file", Path.Combine(world.Folder, "ca.pem"))]);
        Assert.Equal(without, await world.Admits(null));
        Assert.Equal(strange, await world.Admits(others.Issue("client", client: true), others));
        Assert.Equal(ended, await world.Admits(world.Pki.Issue("ended", client: true, until: world.Gateway.Clock.GetUtcNow().AddMinutes(-1))));
        Assert.Equal(server, await world.Admits(world.Pki.Issue("server")));
        Assert.Equal(own, await world.Admits(world.Pki.Issue("client", client: true)));
    }
}
