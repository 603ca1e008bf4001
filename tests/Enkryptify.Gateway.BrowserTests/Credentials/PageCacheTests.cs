using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.BrowserTests.RigTests;

namespace Enkryptify.Gateway.BrowserTests.Credentials;

/// <summary>
/// Browsers keep pages that were left, whole, for the back button, and today also such that say <c>no-store</c>. What is shown once must not come back
/// from there. Playwright switches that cache off, so these tests have a browser of their own.
/// </summary>
public class PageCacheTests(Stage stage)
{
    [Fact]
    public async Task The_browser_of_these_tests_does_keep_pages()
    {
        await using var pages = await BadPages.Serve(
            "<a href=/next>on</a>", script: "addEventListener('pageshow', e => document.body.dataset.kept = e.persisted)");
        await using var browser = await stage.WithPageCache();
        await stage.Browse(pages.Url, null, async tab =>
        {
            await tab.Page.GotoAsync("/");
            await tab.Page.GotoAsync("/?other");
            await tab.Back();
            Assert.Equal("true", await tab.Page.Locator("body").GetAttributeAsync("data-kept"));
        }, browser: browser);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_that_was_shown_does_not_come_back(bool scripts)
    {
        await using var browser = await stage.WithPageCache();
        await stage.House.Browse(stage.House.Developer, async tab =>
        {
            await tab.Go("/w/acme/credentials/new/token");
            await tab.Fill("Name", "kept?");
            await tab.Page.Locator("input[name=access][value=all]").CheckAsync();
            await tab.Press("Create API token");
            var token = await tab.Field("API token").InputValueAsync();
            await tab.Link("Done").ClickAsync();
            await tab.IsAt("/w/acme/credentials");
            tab.Conduct.AllowText("ERR_CACHE_MISS");
            Assert.DoesNotContain(token, await tab.Back(), StringComparison.Ordinal);
        }, scripts, browser);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_value_that_was_revealed_does_not_come_back(bool scripts)
    {
        await using var browser = await stage.WithPageCache();
        await stage.House.Browse(stage.House.Developer, async tab =>
        {
            await tab.Go("/w/acme/projects/shop");
            await tab.Press("Reveal KEY in dev");
            await Expect(tab.Page.Locator("textarea[data-value]")).ToHaveValueAsync("shop-dev");
            await tab.Link("Credentials").ClickAsync();
            await tab.IsAt("/w/acme/credentials");
            tab.Conduct.AllowText("ERR_CACHE_MISS");
            Assert.DoesNotContain("shop-dev", await tab.Back(), StringComparison.Ordinal);
        }, scripts, browser);
    }
}
