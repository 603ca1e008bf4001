using Enkryptify.Gateway.Tests.Operations;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Proxy;

/// <summary>Answers of the gateway's own against the API document.</summary>
public sealed class ProxyDocumentTests(ProxyDocumentTests.World world) : IClassFixture<ProxyDocumentTests.World>
{
    [Fact]
    public async Task Answers_are_as_described()
    {
        const string list = "/v1/workspace/{ws}/proxy-allowlist";
        const string envelope = "/proxy/{ws}/{prj}/{environmentId}";
        var document = await ApiDocument.Of(world.Gateway);
        foreach (var (method, pattern, status, answer) in new[]
        {
            ("GET", list, 200, await world.Gateway.Operator.Get("/v1/workspace/acme/proxy-allowlist")),
            ("PUT", list, 200, await world.Allow(ProxyWorld.Host)),
            ("PUT", list, 400, await world.Allow("x")),
            ("PUT", list, 403, await world.Machine.Put("/v1/workspace/acme/proxy-allowlist", Json.List())),
            ("POST", envelope, 200, await world.Envelope(ProxyWorld.Host)),
            ("POST", envelope, 400, await world.Envelope("x")),
            ("POST", envelope, 401, await world.Envelope(ProxyWorld.Host, by: world.Gateway.Anonymous)),
            ("POST", envelope, 403, await world.Envelope("http://unlisted.test")),
            ("POST", "/proxy", 400, await world.Verbatim("x")),
            ("POST", "/proxy", 401, await world.Verbatim(ProxyWorld.Host, by: world.Gateway.Anonymous)),
            ("POST", "/proxy", 403, await world.Verbatim("http://unlisted.test")),
        })
        {
            Assert.True(answer.Status == status, $"{method} {pattern}: {answer.Status} {answer.Body}");
            Assert.Empty(document.Undescribed(method, pattern, answer));
        }
    }

    public sealed class World : ProxyWorld;
}
