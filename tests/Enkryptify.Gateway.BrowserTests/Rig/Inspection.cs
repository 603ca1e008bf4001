namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>What is asked of every page: that it fits, that it can be read and understood by machines that read aloud, and that a keyboard suffices.</summary>
internal static class Inspection
{
    /// <summary>The page that the tab shows, in every look, as it comes and with all that can be folded out folded out.</summary>
    /// <param name="name">Of its pictures; null takes none.</param>
    public static async Task Inspect(Tab tab, string? name)
    {
        var problems = new List<string>();
        await Looks(tab, name, problems);
        await Look.All[0].PutOn(tab.Page);
        problems.AddRange((await Keyboard.Problems(tab.Page)).Select(problem => $"keyboard: {problem}"));
        if (await FoldOut(tab.Page))
        {
            await Looks(tab, name is null ? null : name + "-open", problems);
            await Look.All[0].PutOn(tab.Page);
            problems.AddRange((await Keyboard.Problems(tab.Page)).Select(problem => $"keyboard, folded out: {problem}"));
        }

        Assert.True(problems.Count == 0, $"{name}:\n{string.Join('\n', problems.Distinct())}");
    }

    private static async Task Looks(Tab tab, string? name, List<string> problems)
    {
        foreach (var look in Look.All)
        {
            await look.PutOn(tab.Page);
            if (name is not null)
            {
                await Pictures.Take(tab.Page, $"{name}-{look}");
            }

            problems.AddRange((await Fit.Problems(tab.Page)).Select(problem => $"{look}: {problem}"));
            problems.AddRange((await Axe.Problems(tab.Page)).Select(problem => $"{look}: {problem}"));
        }
    }

    /// <summary>Whether there was anything to fold out. Of folds that close each other, the last stays open.</summary>
    private static Task<bool> FoldOut(IPage page) => page.EvaluateAsync<bool>(
        "() => { const closed = [...document.querySelectorAll('details:not([open])')]; closed.forEach(fold => fold.open = true); return closed.length > 0; }");
}
