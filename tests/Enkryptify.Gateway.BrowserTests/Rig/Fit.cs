namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>Whether a page fits its width: it does not scroll sideways, and nothing that it shows is cut off at its edge.</summary>
internal static class Fit
{
    public static async Task<string[]> Problems(IPage page) => await page.EvaluateAsync<string[]>(
        """
        () => {
            const root = document.documentElement, width = root.clientWidth, problems = [];
            const name = e => `<${e.tagName.toLowerCase()}${e.id ? '#' + e.id : ''}${e.className ? '.' + String(e.className).replaceAll(' ', '.') : ''}> "${(e.innerText ?? '').trim().slice(0, 30)}"`;
            const hidden = e => { for (; e && e !== root; e = e.parentElement) { const s = getComputedStyle(e); if (s.clipPath !== 'none' || (s.textOverflow === 'ellipsis' && s.overflowX === 'hidden')) return true; } return false; };
            const scrolls = e => { for (; e && e !== root; e = e.parentElement) if (['auto', 'scroll'].includes(getComputedStyle(e).overflowX)) return true; return false; };
            if (root.scrollWidth > width) problems.push(`scrolls sideways: ${root.scrollWidth} in ${width}`);
            for (const e of document.body.querySelectorAll('*')) {
                const box = e.getBoundingClientRect();
                if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || box.width <= 1 || box.height <= 1 || box.bottom + scrollY <= 0 || box.right <= 0) continue;
                if (box.right > width + 1 && !scrolls(e.parentElement) && !hidden(e)) problems.push(`reaches to ${Math.round(box.right)} of ${width}: ${name(e)}`);
            }
            return problems.slice(0, 6);
        }
        """);
}
