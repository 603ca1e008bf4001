using Enkryptify.Gateway.BrowserTests.Rig;

namespace Enkryptify.Gateway.BrowserTests.Pages;

/// <summary>The README's pictures are of the dashboard as it is: <see cref="Pictures.Asked"/> lets this write them anew.</summary>
public class ReadmeTests(Stage stage)
{
    [Theory]
    [InlineData("credentials", "/w/acme/credentials")]
    [InlineData("secrets", "/w/acme/projects/project-0")]
    public async Task It_shows_this_page(string name, string path)
    {
        var room = await stage.Room(Furnishing.Plausible);
        await stage.Browse(room.House.Url, room.OwnersCookie, async tab =>
        {
            await tab.Go(path);
            await Expect(tab.Page.Locator("table")).ToBeVisibleAsync();
            await Pictures.TakeForReadme(tab.Page, name);
        });
        Assert.Contains($"](docs/screenshots/{name}.png)", await File.ReadAllTextAsync(Path.Combine(Pictures.Root, "README.md")), StringComparison.Ordinal);
        Assert.Equal("PNG"u8.ToArray(), (await File.ReadAllBytesAsync(Pictures.Readme(name)))[1..4]);
    }
}
