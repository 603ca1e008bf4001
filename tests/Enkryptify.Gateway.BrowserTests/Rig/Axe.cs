using Deque.AxeCore.Commons;

namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>
/// axe-core on a page. It goes in by the debugger's door, which a page's policy does not bar, so that what is checked is the page as it is served.
/// </summary>
internal static class Axe
{
    private static readonly string Script = new BundledAxeScriptProvider().GetScript();

    /// <summary>What is serious or critical, each with the first places.</summary>
    public static async Task<string[]> Problems(IPage page)
    {
        if (!await page.EvaluateAsync<bool>("() => typeof window.axe === 'object'"))
        {
            await page.EvaluateAsync(Script + ";undefined");
        }

        return await page.EvaluateAsync<string[]>(
            """
            async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
                .filter(found => found.impact === 'serious' || found.impact === 'critical')
                .map(found => `axe ${found.id} (${found.impact}): ${found.nodes.length} × ` + found.nodes.slice(0, 4)
                    .map(node => `${node.target.join(' ')} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ''}`).join('; '))
            """);
    }
}
