using System.Net;
using System.Net.Sockets;
using Enkryptify.Gateway.Forwarding.Proxy;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>A gateway that a browser can reach under its public URL, with the sample structure and a person of each kind.</summary>
internal sealed class House : IAsyncDisposable
{
    private readonly Stage stage;

    private House(Stage stage, TestGateway gateway, Uri url) => (this.stage, Gateway, Url) = (stage, gateway, url);

    public TestGateway Gateway { get; }

    public Uri Url { get; }

    public Acme Acme { get; private set; } = null!;

    public Person Owner { get; private set; } = null!;

    public Person Admin { get; private set; } = null!;

    /// <summary>Of the whole workspace.</summary>
    public Person Developer { get; private set; } = null!;

    /// <summary>Of the whole workspace.</summary>
    public Person Member { get; private set; } = null!;

    /// <param name="flags">Settings by key path.</param>
    public static async Task<House> Open(Stage stage, params (string Key, string Value)[] flags)
    {
        var house = await Unowned(stage, flags);
        await house.Gateway.Gateway.Accounts.CreateLocal(People.OwnersEmail, "Owner", null);
        house.Acme = await Acme.Seed(house.Gateway);
        house.Owner = await house.Gateway.People.Owner();
        house.Admin = await house.Gateway.People.Join("admin");
        house.Developer = await house.Gateway.People.Join("developer");
        house.Member = await house.Gateway.People.Join("member");
        return house;
    }

    /// <summary>As an operator first starts it: with nothing and nobody in it.</summary>
    public static Task<House> Unowned(Stage stage, params (string Key, string Value)[] flags) => Unowned(stage, null, flags);

    /// <param name="network">In place of the operating system's, for the proxy endpoint.</param>
    public static async Task<House> Unowned(Stage stage, INetwork? network, params (string Key, string Value)[] flags)
    {
        // The public URL names the port, so it has to be known before the start.
        var url = new Uri($"http://127.0.0.1:{FreePort()}");
        var origin = url.GetLeftPart(UriPartial.Authority);
        return new House(stage, await TestGateway.StartUnowned(network, [("server.listen", origin), ("server.public_url", origin), .. flags]), url);
    }

    /// <summary>What a person does with a browser of their own; see <see cref="Stage.Browse"/>.</summary>
    /// <param name="who">Is signed in already, in a session of their own; nobody unless given.</param>
    public async Task Browse(Person? who, Func<Tab, Task> story, bool scripts = true, IBrowser? browser = null) =>
        await stage.Browse(Url, who is null ? null : await Gateway.People.Cookie(who.Email), story, scripts, browser);

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
