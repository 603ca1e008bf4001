using Enkryptify.Gateway.Tests.Identity;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

public class DevicePageTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Fact]
    public async Task A_command_line_leads_its_user_here_and_is_signed_in_when_they_approve()
    {
        var person = await gateway.People.Join("member");
        var device = await Device.Ask(gateway.Anonymous);
        var browser = new PageBrowser(gateway);
        await browser.Get($"/oauth/device?user_code={device.UserCode}", site: "none");
        Assert.Equal($"/sign-in?next=%2Foauth%2Fdevice%3Fuser_code%3D{device.UserCode}", browser.Location);
        await browser.Follow();
        await browser.Post("/sign-in", ("next", $"/oauth/device?user_code={device.UserCode}"), ("email", person.Email), ("password", People.Password));
        await browser.Follow();
        Assert.Contains(device.UserCode, browser.Text, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", browser.Text, StringComparison.Ordinal);
        Assert.Contains("just now", browser.Text, StringComparison.Ordinal);
        await device.Expect("authorization_pending");
        await browser.Post("/oauth/device/approve", ("user_code", device.UserCode));
        Assert.Equal((303, "/oauth/device/approved"), (browser.Page.Status, browser.Location));
        Assert.Equal(200, (await browser.Follow()).Status);
        var api = await device.SignedIn(gateway);
        Assert.Equal(person.Email, (await api.Get("/v1/me")).Json["email"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_address_that_the_api_prints_is_this_page()
    {
        var answer = await Device.Code(gateway.Anonymous);
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("member")).Email);
        Assert.Equal(200, (await browser.Get(new Uri(answer.Json["verificationUriComplete"]!.GetValue<string>()).PathAndQuery)).Status);
        Assert.Equal(200, (await browser.Get(new Uri(answer.Json["verificationUri"]!.GetValue<string>()).PathAndQuery)).Status);
    }

    [Fact]
    public async Task Denied_is_denied()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("member")).Email);
        var device = await Device.Ask(gateway.Anonymous);
        await browser.Get($"/oauth/device?user_code={device.UserCode.ToLowerInvariant().Replace("-", "", StringComparison.Ordinal)}");
        await browser.Post("/oauth/device/deny", ("user_code", device.UserCode));
        Assert.Equal("/oauth/device/denied", browser.Location);
        await device.Expect("access_denied");
        await browser.Get("/account");
        await browser.Post("/oauth/device/approve", ("user_code", device.UserCode));
        Assert.Equal(404, browser.Page.Status);
    }

    /// <summary>The page and the API count together: one is no way around the other.</summary>
    [Fact]
    public async Task Guessing_codes_has_to_wait()
    {
        var person = await gateway.People.Join("member");
        var browser = await PageBrowser.Of(gateway, person.Email);
        for (var i = 0; i < 14 && browser.Page?.Status != 429; i++)
        {
            await browser.Get($"/oauth/device?user_code=BBBBB-0000{i % 10}");
        }

        Assert.Equal(429, browser.Page!.Status);
        Assert.Equal(429, (await person.Api.Get("/v1/auth/device/BBBBB-00000")).Status);
        gateway.Clock.Advance(TimeSpan.FromMinutes(31));
    }
}
