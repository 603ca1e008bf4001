using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.SignIn;

/// <summary>A command line asks, a person decides in the browser.</summary>
public class DeviceTests(Stage stage)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Approved_it_is_signed_in_as_whoever_approved(bool scripts)
    {
        var (deviceCode, userCode) = await Ask();
        await stage.House.Browse(null, async tab =>
        {
            // As the command line opens it: not signed in, the code in the address.
            await tab.Go("/oauth/device?user_code=" + userCode);
            await tab.IsAt("/sign-in");
            await tab.SignIn(stage.House.Developer.Email);
            await tab.IsAt("/oauth/device");
            await tab.Sees(userCode);
            await tab.Sees("127.0.0.1");
            Assert.Equal("authorization_pending", await Poll(deviceCode));
            await tab.Press("Approve");
            await tab.Sees("The command line is signed in as you.");
        }, scripts);
        var token = await Poll(deviceCode);
        Assert.Equal(stage.House.Developer.Email, (string)(await stage.House.Gateway.Bearer(token).Get("/v1/me")).Json["email"]!);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Denied_it_stays_outside(bool scripts)
    {
        var (deviceCode, userCode) = await Ask();
        await stage.House.Browse(stage.House.Developer, async tab =>
        {
            // Typed by hand, and wrong at first.
            await tab.Go("/oauth/device");
            tab.Conduct.Allow(404);
            await tab.Fill("Code", "AAAAA-00000");
            await tab.Press("Continue");
            await tab.Sees("No request with this code is open.");
            await tab.Fill("Code", userCode.ToLowerInvariant());
            await tab.Press("Continue");
            await tab.Press("Deny");
            await tab.Sees("Nothing was signed in.");
        }, scripts);
        Assert.Equal("access_denied", await Poll(deviceCode));
    }

    private async Task<(string DeviceCode, string UserCode)> Ask()
    {
        var asked = await stage.House.Gateway.Anonymous.Post("/v1/auth/device/code", Json.Of(("clientId", "enkryptify-cli")));
        Assert.True(asked.Status == 200, asked.Body);
        return (asked.Json["deviceCode"]!.GetValue<string>(), asked.Json["userCode"]!.GetValue<string>());
    }

    /// <summary>The token, or why there is none.</summary>
    private async Task<string> Poll(string deviceCode)
    {
        var answer = await stage.House.Gateway.Anonymous.Post("/v1/auth/device/token", Json.Of(("clientId", "enkryptify-cli"), ("deviceCode", deviceCode)));
        return (answer.Json["accessToken"] ?? answer.Json["error"])!.GetValue<string>();
    }
}
