using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.BrowserTests.Pages;

/// <summary>What is asked of every page.</summary>
public class PageTests(Stage stage)
{
    [Fact]
    public void The_table_has_every_page_of_the_gateway() => Assert.Equal(
        stage.House.Gateway.Gateway.Routes.Routes.Where(route => route is { Method: "GET", Access: PageAccess }).Select(route => route.Pattern).Order(),
        PageTable.Rows.Select(row => row.Pattern).Distinct().Order());

    [Theory]
    [MemberData(nameof(PageTable.Names), MemberType = typeof(PageTable))]
    public Task Looks_right_everywhere_and_can_be_used_by_everybody(string page) => Visit(Furnishing.Plausible, page, tab => Inspection.Inspect(tab, page));

    [Theory]
    [MemberData(nameof(PageTable.Names), MemberType = typeof(PageTable))]
    public Task Shows_hostile_names_as_text(string page) => Visit(Furnishing.Hostile, page, async tab =>
    {
        await Inspection.Inspect(tab, "hostile/" + page);
        Assert.True(await tab.Page.EvaluateAsync<bool>("() => window.hit === undefined"), "a name was run as script");
        Assert.Empty(await tab.Page.EvaluateAsync<string[]>(
            "() => [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on')) || /^javascript:/i.test(e.href ?? '') || e.matches('main script, main img[src=x], main h1 ~ h1')).map(e => e.outerHTML.slice(0, 200))"));
    });

    [Theory]
    [MemberData(nameof(PageTable.Names), MemberType = typeof(PageTable))]
    public Task Is_kept_nowhere_and_framed_by_nobody(string page) => Visit(Furnishing.Plausible, page, async tab =>
    {
        var headers = (await tab.Page.ReloadAsync())!.Headers;
        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            headers["content-security-policy"]);
        Assert.Equal(("no-store", "DENY", "no-referrer", "nosniff"), (headers["cache-control"], headers["x-frame-options"], headers["referrer-policy"], headers["x-content-type-options"]));
        Assert.Equal("[0,0]", await tab.Page.EvaluateAsync<string>("() => JSON.stringify([localStorage.length, sessionStorage.length])"));
    });

    /// <summary>Each page does what it is for without scripts; here: it shows the same words, and nothing that only a script could make work.</summary>
    [Theory]
    [MemberData(nameof(PageTable.Names), MemberType = typeof(PageTable))]
    public Task Says_the_same_with_scripts_off(string page) => Visit(
        Furnishing.Plausible, page, async tab => Assert.True((await tab.Page.Locator("main").InnerTextAsync()).Length > 20, "there is something to read"), scripts: false);

    private async Task Visit(Furnishing furnishing, string page, Func<Tab, Task> story, bool scripts = true)
    {
        var row = PageTable.Row(page);
        var room = await stage.Room(row.IsNew ? Furnishing.None : furnishing);
        await room.House.BrowseAs(
            row.SignedIn ? room.OwnersEmail : null,
            async tab =>
            {
                await tab.Go(await row.Path(room), row.Status);
                if (row.Status >= 400)
                {
                    tab.Conduct.Allow(row.Status);
                }

                await story(tab);
            },
            scripts);
    }
}
