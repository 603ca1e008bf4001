namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>What is asked of every page: that it fits, that it can be read and understood by machines that read aloud, and that a keyboard suffices.</summary>
internal static class Inspection
{
    /// <summary>The page that the tab shows: in every look, by keyboard alone, with all that can be folded out folded out, and with the first of its questions asked.</summary>
    /// <param name="name">Of its pictures; null takes none.</param>
    public static async Task Inspect(Tab tab, string? name)
    {
        var (page, problems) = (tab.Page, new List<string>());
        await Looks(page, name, Look.All, problems);
        await ByKeyboard(page, "", Look.WideDark, problems);
        await ByKeyboard(page, "", Look.NarrowLight, problems);
        if (await FoldOut(page))
        {
            await Looks(page, name is null ? null : name + "-open", [Look.WideLight, Look.NarrowDark], problems);
            await Audible(page, Look.NarrowDark, problems);
            await ByKeyboard(page, "folded out, ", Look.WideLight, problems);
        }

        await Look.WideDark.PutOn(page);
        if (await Ask(page))
        {
            await Looks(page, name is null ? null : name + "-question", [Look.WideDark, Look.NarrowLight], problems);
            await ByKeyboard(page, "question, ", Look.NarrowLight, problems);
            await page.Keyboard.PressAsync("Escape");
            if (await page.Locator("dialog:modal").CountAsync() > 0 || await page.EvaluateAsync<bool>("() => document.activeElement === document.body"))
            {
                problems.Add("question: Escape does not lead back to where it was asked");
            }
        }

        Check(name, problems);
    }

    /// <summary>Whether a page holds together with names that nobody expects. That it can be used at all is <see cref="Inspect"/>'s.</summary>
    public static async Task Glance(Tab tab, string name)
    {
        var problems = new List<string>();
        foreach (var look in (Look[])[Look.WideLight, Look.NarrowDark])
        {
            await Fits(tab.Page, name, look, problems);
        }

        if (await FoldOut(tab.Page))
        {
            await Fits(tab.Page, name + "-open", Look.NarrowDark, problems);
        }

        Check(name, problems);
    }

    private static void Check(string? name, List<string> problems) =>
        Assert.True(problems.Count == 0, $"{name}:\n{string.Join('\n', problems.Distinct())}");

    private static async Task Looks(IPage page, string? name, IEnumerable<Look> looks, List<string> problems)
    {
        foreach (var look in looks)
        {
            await Fits(page, name, look, problems);

            // The checker is the slow part: of each page it sees one dark and one narrow look.
            if (look == Look.WideDark || look == Look.NarrowLight)
            {
                await Audible(page, look, problems);
            }
        }
    }

    private static async Task Fits(IPage page, string? name, Look look, List<string> problems)
    {
        await look.PutOn(page);
        if (name is not null)
        {
            await Pictures.Take(page, $"{name}-{look}", wholePage: !name.EndsWith("-question", StringComparison.Ordinal));
        }

        problems.AddRange((await Fit.Problems(page)).Select(problem => $"{look}: {problem}"));
    }

    private static async Task Audible(IPage page, Look look, List<string> problems) =>
        problems.AddRange((await Axe.Problems(page)).Select(problem => $"{look}: {problem}"));

    private static async Task ByKeyboard(IPage page, string state, Look look, List<string> problems)
    {
        await look.PutOn(page);
        problems.AddRange((await Keyboard.Problems(page)).Select(problem => $"{state}{look.Width}, keyboard: {problem}"));
    }

    /// <summary>
    /// Whether there was anything on the page itself to fold out. Of folds that close each other, the last stays open; of rows that are all alike,
    /// the first and the last are enough.
    /// </summary>
    private static Task<bool> FoldOut(IPage page) => page.EvaluateAsync<bool>(
        """
        () => {
            const closed = [...document.querySelectorAll('main details:not([open])')], rows = closed.filter(fold => fold.closest('tr'));
            closed.filter(fold => !rows.slice(2, -1).includes(fold)).forEach(fold => fold.open = true);
            return closed.length > 0;
        }
        """);

    /// <summary>Follows the first link to a question, which opens in its place as a dialog. False when there is none.</summary>
    private static async Task<bool> Ask(IPage page)
    {
        var link = page.Locator("a[data-confirm]:visible");
        if (await link.CountAsync() == 0)
        {
            return false;
        }

        await link.First.ClickAsync();
        await page.Locator("dialog:modal").WaitForAsync();
        return true;
    }
}
