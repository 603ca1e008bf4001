using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.AspNetCore.WebUtilities;

namespace Enkryptify.Gateway.Tests.Identity.Sso;

/// <summary>A provider that is away or wrong, and a gateway that goes on without it.</summary>
public class SsoOutageTests
{
    [Fact]
    public async Task While_the_provider_is_down_local_people_sign_in()
    {
        await using var world = await SsoWorld.Start();
        await world.LocalAccount("local@acme.test");
        await world.Provider.DisposeAsync();

        var browser = new SsoBrowser(world.Gateway);
        await Unreachable(world, () => browser.Get("/auth/sso/start"));
        await browser.SignInLocally("local@acme.test");
        Assert.Equal(200, (await browser.Me()).Status);
    }

    [Fact]
    public async Task A_provider_that_goes_down_in_between_ends_the_sign_in_alone()
    {
        await using var world = await SsoWorld.Start();
        var browser = new SsoBrowser(world.Gateway);
        var callback = await browser.ThroughProvider();
        await world.Provider.DisposeAsync();
        await Unreachable(world, () => browser.Return(callback));
    }

    [Fact]
    public async Task A_provider_that_is_back_is_used_again_after_a_pause()
    {
        var provider = await OidcProvider.Start();
        var (port, issuer) = (new Uri(provider.Issuer).Port, provider.Issuer);
        await using var world = await SsoWorld.Start(provider);
        await provider.DisposeAsync();
        var browser = new SsoBrowser(world.Gateway);
        await Unreachable(world, () => browser.Get("/auth/sso/start"));

        await using var again = await OidcProvider.Start(port: port);
        again.Clock.Followed = world.Gateway.Clock;
        Assert.Equal(issuer, again.Issuer);
        Assert.Equal(503, (await browser.Get("/auth/sso/start")).Status);
        world.Gateway.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(200, (await browser.SignIn()).Status);
    }

    public static readonly TheoryData<string> Wrong = ["another issuer", "the issuer without its slash", "no issuer", "clear text", "a script", "no endpoint", "too large"];

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_discovery_document_that_is_not_right_is_not_used(string what)
    {
        await using var world = await SsoWorld.Start();
        var issuer = world.Provider.Issuer;
        world.Provider.AlterDiscovery = document =>
        {
            var (name, value) = what switch
            {
                "another issuer" => ("issuer", "https://evil.test/"),
                "the issuer without its slash" => ("issuer", issuer.TrimEnd('/')),
                "no issuer" => ("issuer", (string?)null),
                "clear text" => ("token_endpoint", "http://provider.test/token"),
                "a script" => ("authorization_endpoint", "javascript:alert(1)"),
                "no endpoint" => ("jwks_uri", null),
                _ => ("padding", new string('x', 1 << 20)),
            };
            document[name] = value;
        };
        await Unreachable(world, () => new SsoBrowser(world.Gateway).Get("/auth/sso/start"));
    }

    /// <summary>The key set comes from where the discovery document says.</summary>
    [Fact]
    public async Task A_provider_without_keys_signs_nobody_in()
    {
        await using var world = await SsoWorld.Start();
        world.Provider.AlterDiscovery = document => document["jwks_uri"] = world.Provider.Issuer + "nothing";
        await Unreachable(world, () => new SsoBrowser(world.Gateway).SignIn());
    }

    /// <summary>The keys are said to be at the authorization endpoint, which redirects.</summary>
    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var world = await SsoWorld.Start();
        world.Provider.AlterDiscovery = document => document["jwks_uri"] = Location(world.Provider);
        await Unreachable(world, () => new SsoBrowser(world.Gateway).SignIn());
        Assert.Contains("answered 302 to the request for key set", world.Gateway.Logs, StringComparison.Ordinal);

        static string Location(OidcProvider provider) => QueryHelpers.AddQueryString(provider.Issuer + "connect/authorize", new Dictionary<string, string?>
        {
            ["response_type"] = "code", ["client_id"] = OidcProvider.ClientId, ["redirect_uri"] = provider.RedirectUri, ["scope"] = "openid",
            ["code_challenge"] = new string('A', 43), ["code_challenge_method"] = "S256",
        });
    }

    [Fact]
    public async Task The_wrong_client_secret_is_told_to_the_operator_alone()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "another-secret");
        await using var world = await SsoWorld.Start(null, ("sso.client_secret", $"file:{file}"));
        var answer = await new SsoBrowser(world.Gateway).SignIn();

        Assert.Equal((403, "sso_code"), (answer.Status, world.LastReason));
        Assert.Contains("answered 401 to the request for token", world.Gateway.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain("another-secret", world.Gateway.Logs, StringComparison.Ordinal);
        File.Delete(file);
    }

    private static async Task Unreachable(SsoWorld world, Func<Task<Answer>> act)
    {
        var before = world.Rows;
        var answer = await act();
        Assert.Equal((503, "sso_unreachable"), (answer.Status, world.LastReason));
        Assert.Contains("The identity provider cannot be reached", answer.Body, StringComparison.Ordinal);
        Assert.Equal(before, world.Rows);
        Assert.Contains("sso: ", world.Gateway.Logs, StringComparison.Ordinal);
    }
}
