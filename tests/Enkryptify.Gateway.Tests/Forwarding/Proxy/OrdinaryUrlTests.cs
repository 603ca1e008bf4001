namespace Enkryptify.Gateway.Tests.Forwarding.Proxy;

/// <summary>What people send: it arrives as it was written, with values in place of placeholders and nothing else touched.</summary>
public sealed class OrdinaryUrlTests(OrdinaryUrlTests.World world) : IClassFixture<OrdinaryUrlTests.World>
{
    [Theory]
    [InlineData("", "/")]
    [InlineData("/", "/")]
    [InlineData("?a=b", "/?a=b")]
    [InlineData("/?q=foo%20bar%20baz", "/?q=foo%20bar%20baz")]
    [InlineData("/%2Fa%2Fb", "/%2Fa%2Fb")]
    [InlineData("/%2fa%2fb", "/%2fa%2fb")]
    [InlineData("/caf%C3%A9", "/caf%C3%A9")]
    [InlineData("/%E2%82%AC/%E2%82%ac", "/%E2%82%AC/%E2%82%ac")]
    [InlineData("/%41%7E", "/%41%7E")]
    [InlineData("/a/./b/../c", "/a/./b/../c")]
    [InlineData("/a/%2e%2e/b", "/a/%2e%2e/b")]
    [InlineData("//a//b", "//a//b")]
    [InlineData("/a?b=100%&c=50%25", "/a?b=100%&c=50%25")]
    [InlineData("/a?b=c+d&e[]=f&g=h:i@j", "/a?b=c+d&e[]=f&g=h:i@j")]
    [InlineData("/a?next=http%3A%2F%2F127.0.0.1%2F", "/a?next=http%3A%2F%2F127.0.0.1%2F")]
    [InlineData("/a?next=http://127.0.0.1/", "/a?next=http://127.0.0.1/")]
    [InlineData("/é/ü?x=ß", "/%C3%A9/%C3%BC?x=%C3%9F")]
    [InlineData("/a b?c d", "/a%20b?c%20d")]
    [InlineData("/a\\b?c\\d", "/a%5Cb?c%5Cd")]
    [InlineData("/😀", "/%F0%9F%98%80")]
    [InlineData("/a\"<>^`{|}", "/a%22%3C%3E%5E%60%7B%7C%7D")]
    [InlineData("/%TOKEN%", "/tok-1234567890")]
    [InlineData("/v1/%TOKEN%/x?k=%TOKEN%&l=%KEY%", "/v1/tok-1234567890/x?k=tok-1234567890&l=shop-dev")]
    [InlineData("/%20%TOKEN%%20", "/%20tok-1234567890%20")]
    [InlineData("/?k=%ODD%", "/?k=p%22a%3Cb%3E%26c%3Dd%2Fe%3Ff%23g%2520%20%C3%A9%27%5C")]
    [InlineData("/?k=%LOOP%", "/?k=%25TOKEN%25")]
    [InlineData("/?k=%LINES%", "/?k=one%0D%0AX-Injected%3A%20yes")]
    [InlineData("/?k=%REF%", "/?k=%3Ctok-1234567890%3E")]
    [InlineData("/%25TOKEN%25", "/%25TOKEN%25")]
    [InlineData("/%2525", "/%2525")]
    public async Task It_arrives(string url, string target)
    {
        foreach (var answer in new[] { await world.Verbatim(ProxyWorld.Host + url), await world.Envelope(ProxyWorld.Host + url) })
        {
            Assert.True(answer.Status == 200, answer.Body);
            Assert.Equal(target, world.Upstream.Last.Target);
            Assert.Equal("api.example.com", world.Upstream.Last.Headers["Host"]);
        }
    }

    /// <summary>A secret whose name begins with two hex digits is one; another environment's is not.</summary>
    [Fact]
    public async Task Names_that_look_like_escapes_are_names_where_there_is_such_a_secret()
    {
        var secrets = "/v1/workspace/acme/project/shop/secret";
        Assert.Equal(201, (await world.Gateway.Operator.Post(secrets, TestKit.Json.Secret("2Fb", "here", [world.Acme.ShopDev]))).Status);
        Assert.Equal(201, (await world.Gateway.Operator.Post(secrets, TestKit.Json.Secret("3Fc", "elsewhere", [world.Acme.ShopProd]))).Status);
        Assert.Equal(200, (await world.Verbatim(ProxyWorld.Host + "/%2Fb%/%3Fc%")).Status);
        Assert.Equal("/here/%3Fc%", world.Upstream.Last.Target);
    }

    [Theory]
    [InlineData("HTTP://API.Example.COM/x")]
    [InlineData("http://api.example.com./x")]
    [InlineData("http://api.example.com:80/x")]
    public async Task The_same_origin_in_another_spelling_is_the_same(string url)
    {
        Assert.Equal(200, (await world.Verbatim(url)).Status);
        Assert.Equal(("/x", "api.example.com"), (world.Upstream.Last.Target, world.Upstream.Last.Headers["Host"]));
    }

    public sealed class World : ProxyWorld;
}
