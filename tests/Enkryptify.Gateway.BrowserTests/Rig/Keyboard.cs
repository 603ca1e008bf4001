namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>
/// Goes through a page with the Tab key alone: every control that can be seen is reached, each looks different while it has the focus, and none has
/// it while something else covers it.
/// </summary>
internal static class Keyboard
{
    private const string Survey =
        """
        () => {
            document.activeElement?.blur();
            // A dialog that is open is all there is.
            const scope = document.querySelector('dialog:modal') ?? document;
            const look = e => { const s = getComputedStyle(e); return [s.outlineStyle === 'none' ? '' : s.outlineWidth + s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor].join(); };
            const looks = e => [e, ...(e.labels ?? []), e.parentElement].map(look).join('|');
            const groups = new Set();
            const controls = [...scope.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], [contenteditable]')].filter(e => {
                if (e.disabled || e.matches(':disabled') || !e.checkVisibility({ visibilityProperty: true }) || e.closest('[inert]')) return false;
                if (e.hasAttribute('tabindex') && e.tabIndex < 0) return false;
                if (e.type !== 'radio') return true;
                // The arrow keys move within a group of radio buttons: Tab stops at one.
                const group = `${e.form?.action} ${[...document.forms].indexOf(e.form)} ${e.name}`;
                return !groups.has(group) && groups.add(group);
            });
            const name = e => `<${e.tagName.toLowerCase()}${e.type ? ' ' + e.type : ''}${e.id ? ' #' + e.id : ''}${e.name ? ' ' + e.name : ''}> "${(e.innerText || e.getAttribute('aria-label') || '').trim().slice(0, 40)}"`;
            const key = e => e.type === 'radio' ? controls.find(c => c.type === 'radio' && c.name === e.name && c.form === e.form) ?? e : e;
            const before = new Map([...document.querySelectorAll('*')].filter(e => e.tabIndex >= 0 || controls.includes(e)).map(e => [e, looks(e)]));
            const reached = new Set(), problems = new Set();
            let last = null;
            for (const e of controls) if (e.tabIndex > 0) problems.add(`has a tab order of its own: ${name(e)}`);
            return {
                count: controls.length,
                step() {
                    const e = document.activeElement;
                    if (!e || e === document.body || e === document.documentElement) return false;
                    // A date has several stops of its own.
                    const again = reached.has(key(e)) && e !== last;
                    last = e;
                    reached.add(key(e));
                    if (before.has(e) && looks(e) === before.get(e)) problems.add(`looks the same with the focus: ${name(e)}`);
                    const box = e.getBoundingClientRect();
                    if (box.width >= 8 && box.height >= 8) {
                        const x = Math.max(box.left, 0) / 2 + Math.min(box.right, innerWidth) / 2, y = Math.max(box.top, 0) / 2 + Math.min(box.bottom, innerHeight) / 2;
                        const top = document.elementFromPoint(x, y);
                        if (!top) problems.add(`is out of sight with the focus: ${name(e)}`);
                        else if (!e.contains(top) && !top.contains(e) && ![...(e.labels ?? [])].some(l => l.contains(top))) problems.add(`is covered by ${name(top)}: ${name(e)}`);
                    }
                    return again;
                },
                done() {
                    for (const e of controls) if (!reached.has(e)) problems.add(`is not reached: ${name(e)}`);
                    return [...problems];
                },
            };
        }
        """;

    public static async Task<string[]> Problems(IPage page)
    {
        var survey = await page.EvaluateHandleAsync(Survey);
        var count = await survey.EvaluateAsync<int>("survey => survey.count");
        for (var (presses, again) = (0, false); presses < count + 40 && !again; presses++)
        {
            await page.Keyboard.PressAsync("Tab");
            again = await survey.EvaluateAsync<bool>("survey => survey.step()");
        }

        var problems = await survey.EvaluateAsync<string[]>("survey => survey.done()");
        await page.EvaluateAsync("() => { document.activeElement?.blur(); scrollTo(0, 0); }");
        return problems;
    }
}
