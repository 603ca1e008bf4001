using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.BrowserTests.Pages;

/// <summary>What is asked of every page; in classes of their own, so that they run beside each other.</summary>
public abstract class PageTests(Stage stage)
{
    private protected Stage Stage => stage;

    private protected async Task Visit(Furnishing furnishing, string page, Func<Tab, IResponse, Task> story, bool scripts = true)
    {
        var row = PageTable.Row(page);
        var room = await stage.Room(row.IsNew ? Furnishing.None : furnishing);
        await stage.Browse(room.House.Url, row.SignedIn ? room.OwnersCookie : null, async tab => await story(tab, await tab.Go(await row.Path(room), row.Status)), scripts);
    }
}

public class LookTests(Stage stage) : PageTests(stage)
{
    [Fact]
    public void The_table_has_every_page_of_the_gateway() => Assert.Equal(
        Stage.House.Gateway.Gateway.Routes.Routes.Where(route => route is { Method: "GET", Access: PageAccess }).Select(route => route.Pattern).Order(),
        PageTable.Rows.Select(row => row.Pattern).Distinct().Order());

    [Theory]
    [MemberData(nameof(PageTable.Names), MemberType = typeof(PageTable))]
    public Task Looks_right_everywhere_and_can_be_used_by_everybody(string page) =>
        Visit(Furnishing.Plausible, page, async (tab, _) =>
        {
            await Inspection.Inspect(tab, page);
            Assert.Equal("[0,0]", await tab.Page.EvaluateAsync<string>("() => JSON.stringify([localStorage.length, sessionStorage.length])"));
        });
}

public class HostileNameTests(Stage stage) : PageTests(stage)
{
    [Theory]
    [MemberData(nameof(PageTable.Names), MemberType = typeof(PageTable))]
    public Task Shows_hostile_names_as_text(string page) => Visit(Furnishing.Hostile, page, async (tab, _) =>
    {
        await Inspection.Glance(tab, "hostile/" + page);
        Assert.True(await tab.Page.EvaluateAsync<bool>("() => window.hit === undefined"), "a name was run as script");
        Assert.Empty(await tab.Page.EvaluateAsync<string[]>(
            """
            () => [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on')) || /^javascript:/i.test(e.href ?? '')
                || e.matches('main script, img[src=x], main h1 ~ h1')).map(e => e.outerHTML.slice(0, 200))
            """));
    });
}

public class KeepingTests(Stage stage) : PageTests(stage)
{
    /// <summary>Also without scripts: each page says what it is for. One browser goes through them all, as it makes no difference what it saw before.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_page_is_kept_anywhere_or_framed_by_anybody(bool signedIn)
    {
        foreach (var rooms in PageTable.Rows.Where(row => row.SignedIn == signedIn).GroupBy(row => row.IsNew))
        {
            var room = await Stage.Room(rooms.Key ? Furnishing.None : Furnishing.Plausible);
            await Stage.Browse(room.House.Url, signedIn ? room.OwnersCookie : null, async tab =>
            {
                foreach (var row in rooms)
                {
                    var answer = await tab.Go(await row.Path(room), row.Status);
                    Assert.Equal((row.Name, Policy), (row.Name, answer.Headers["content-security-policy"]));
                    Assert.Equal(
                        (row.Name, "no-store", "DENY", "no-referrer", "nosniff"),
                        (row.Name, answer.Headers["cache-control"], answer.Headers["x-frame-options"], answer.Headers["referrer-policy"], answer.Headers["x-content-type-options"]));
                    Assert.True((await tab.Page.Locator("main").InnerTextAsync()).Length > 20, row.Name + " has nothing to read");
                }
            }, scripts: false);
        }
    }

    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
}
