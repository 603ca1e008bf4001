using Enkryptify.Gateway.BrowserTests.Rig;

namespace Enkryptify.Gateway.BrowserTests.RigTests;

/// <summary>The rig notices what it is there to notice. Without these, a rig that sees nothing would pass every page.</summary>
public class RigTests(Stage stage)
{
    [Theory]
    [InlineData("another origin", "<img alt='' src='http://localhost:9/x.png'>", "", "left its origin: http://localhost:9/x.png")]
    [InlineData("a blocked request", "<img alt='' src='http://localhost:9/x.png'>", BadPages.Policy, "console: Loading the image 'http://localhost:9/x.png' violates")]
    [InlineData("an inline style", "<p style='color:red'>a</p>", BadPages.Policy, "console: policy: style-src-attr inline")]
    [InlineData("an inline script", "<script>1</script>", BadPages.Policy, "console: policy: script-src-elem inline")]
    [InlineData("a missing file", "<img alt='' src='/missing.png'>", "img-src 'self'", "console: Failed to load resource: the server responded with a status of 404")]
    public async Task A_page_that_misbehaves_fails(string what, string body, string policy, string complaint)
    {
        await using var pages = await BadPages.Serve(body, policy: policy);
        var failure = await Assert.ThrowsAsync<BrowsingFailedException>(() => stage.Browse(pages.Url, null, tab => tab.Page.GotoAsync("/", new() { WaitUntil = WaitUntilState.NetworkIdle })));
        Assert.True(failure.Message.Contains(complaint, StringComparison.Ordinal), $"{what}: {failure.Message}");
    }

    [Theory]
    [InlineData("console.error('oh')", "console: oh")]
    [InlineData("throw new Error('ah')", "uncaught: Error: ah")]
    [InlineData("Promise.reject(new Error('eh'))", "uncaught: Error: eh")]
    public async Task A_script_that_fails_fails_the_test(string script, string complaint)
    {
        await using var pages = await BadPages.Serve("", script: script);
        var failure = await Assert.ThrowsAsync<BrowsingFailedException>(() => stage.Browse(pages.Url, null, tab => tab.Page.GotoAsync("/", new() { WaitUntil = WaitUntilState.NetworkIdle })));
        Assert.Contains(complaint, failure.Message, StringComparison.Ordinal);
        await stage.Browse(pages.Url, null, tab => tab.Go("/"), scripts: false);
    }

    [Theory]
    [InlineData("<table><tr><td>a<td>b</table>", "td { min-width: 300px }", "scrolls sideways")]
    [InlineData("<div class=clip><a href=/>a very long thing that is cut</a></div>", ".clip { overflow: hidden } .clip a { display: block; width: 600px }", "reaches to")]
    [InlineData("<input>", "", "axe label (critical)")]
    [InlineData("<p class=pale>pale</p>", ".pale { color: #aaa }", "axe color-contrast (serious)")]
    [InlineData("<p class=pale>pale</p>", "@media (prefers-color-scheme: dark) { .pale { color: #aaa } }", "1280-dark: axe color-contrast")]
    [InlineData("<a href=/>a</a>", "a:focus { outline: none }", "looks the same with the focus: <a>")]
    [InlineData("<button tabindex=2>b</button>", "", "has a tab order of its own: <button submit>")]
    [InlineData("<button>b</button><div class=over></div>", ".over { position: fixed; inset: 0; background: #fff }", "is covered by <div> \"\": <button submit>")]
    [InlineData("<details><summary>more</summary><input></details>", "", "axe label (critical)")]
    public async Task A_page_that_not_everybody_can_use_fails(string body, string style, string complaint)
    {
        await using var pages = await BadPages.Serve(body, style);
        var failure = await Assert.ThrowsAsync<BrowsingFailedException>(() => stage.Browse(pages.Url, null, async tab =>
        {
            await tab.Go("/");
            await Inspection.Inspect(tab, null);
        }));
        Assert.Contains(complaint, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_control_that_the_keyboard_does_not_reach_fails()
    {
        // Whatever has the focus gives it back before the third control.
        await using var pages = await BadPages.Serve(
            "<a href=/ id=a>a</a> <a href=/ id=b>b</a> <a href=/ id=c>c</a>", script: "document.getElementById('c').addEventListener('focus', () => document.getElementById('a').focus())");
        var failure = await Assert.ThrowsAsync<BrowsingFailedException>(() => stage.Browse(pages.Url, null, async tab =>
        {
            await tab.Go("/");
            await Inspection.Inspect(tab, null);
        }));
        Assert.Contains("is not reached: <a #c>", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_without_fault_passes()
    {
        await using var pages = await BadPages.Serve(
            """
            <form><label>Name <input></label> <fieldset><legend>Kind</legend><label><input type=radio name=k value=1>one</label><label><input type=radio name=k value=2>two</label></fieldset>
            <button>Go</button></form> <details><summary>more</summary><a href=/>on</a></details>
            """);
        await stage.Browse(pages.Url, null, async tab =>
        {
            await tab.Go("/");
            await Inspection.Inspect(tab, null);
        });
    }
}
