using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.BrowserTests.SignIn;

/// <summary>What a browser is shown that comes back from the identity provider: it looks like the rest, and without scripts too.</summary>
public class SsoResultTests(Stage stage)
{
    [Fact]
    public async Task A_sign_in_that_failed_says_so_in_every_look()
    {
        var secret = Path.Combine(Path.GetTempPath(), $"ekgw-sso-{Path.GetRandomFileName()}");
        PrivateFile.Write(secret, "secret\n");
        try
        {
            await using var house = await House.Unowned(
                stage, ("sso.issuer", "https://login.example.test"), ("sso.client_id", "gateway"), ("sso.client_secret", "file:" + secret), ("sso.allowed_domains", "example.test"),
                ("sso.workspace", "acme"), ("sso.role", "developer"));

            // Nothing is asked of the provider before the state has proven to be ours.
            const string Path = "/auth/sso/callback?state=none-of-ours&code=x";
            await house.Browse(null, async tab =>
            {
                await tab.Go(Path, 400);
                await tab.Sees("Not signed in");
                await Inspection.Inspect(tab, "sso-failed");
                Assert.Equal("rgb(79, 70, 229)", await Ground(tab, ColorScheme.Light));
                Assert.Equal("rgb(95, 87, 234)", await Ground(tab, ColorScheme.Dark));
            });
            await house.Browse(null, async tab =>
            {
                await tab.Go(Path, 400);
                await tab.Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Back" }).ClickAsync();
                await tab.Page.WaitForURLAsync(url => new Uri(url).AbsolutePath != "/auth/sso/callback");
            }, scripts: false);
        }
        finally
        {
            File.Delete(secret);
        }
    }

    /// <summary>Of the button: the style is there, in both schemes.</summary>
    private static async Task<string> Ground(Tab tab, ColorScheme scheme)
    {
        await tab.Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        return await tab.Page.Locator(".button").EvaluateAsync<string>("button => getComputedStyle(button).backgroundColor");
    }
}
