using Enkryptify.Gateway.BrowserTests.Rig;

namespace Enkryptify.Gateway.BrowserTests.Forwarding;

/// <summary>The allow-list of the proxy as an admin keeps it, and the way through the pages of forwarding.</summary>
public class ForwardingTests(Stage stage)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task An_origin_is_allowed_and_taken_back(bool scripts) => stage.House.Browse(stage.House.Admin, async tab =>
    {
        var origin = $"https://api-{(scripts ? "with" : "without")}-scripts.example.com";
        await tab.Go("/w/acme/credentials");
        await tab.Link("Forwarding").ClickAsync();
        await tab.Link("Origins").ClickAsync();
        await tab.Fill("Another origin", "no origin");
        tab.Conduct.Allow(400);
        await tab.Press("Allow it");
        await tab.Sees("Must be an origin such as");

        await tab.Fill("Another origin", origin);
        await tab.Press("Allow it");
        await tab.Sees($"{origin} is allowed.");
        await Expect(tab.Page.Locator("tbody bdi").GetByText(origin, new LocatorGetByTextOptions { Exact = true })).ToBeVisibleAsync();

        await tab.Link($"Remove {origin}").ClickAsync();
        await tab.Sees("Remove this origin?");
        await tab.Press("Remove");
        await tab.Sees($"{origin} is removed.");
        await Expect(tab.Page.Locator("tbody bdi").GetByText(origin, new LocatorGetByTextOptions { Exact = true })).ToHaveCountAsync(0);
    }, scripts);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_log_is_filtered_by_host(bool scripts)
    {
        var room = await stage.Room(Furnishing.Plausible);
        await stage.Browse(room.House.Url, room.OwnersCookie, async tab =>
        {
            await tab.Go("/w/acme/forwarding");
            await tab.Link("Proxy log").ClickAsync();
            await Expect(tab.Page.Locator("tbody tr")).ToHaveCountAsync(6);
            await tab.Page.Locator(".filter [name=host]").FillAsync("elsewhere.example");
            await tab.Page.Locator(".filter [name=host]").PressAsync("Enter");
            await Expect(tab.Page.Locator("tbody tr")).ToHaveCountAsync(1);
            await tab.Sees("host not allowed");
        }, scripts);
    }
}
