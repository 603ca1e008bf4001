namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>The names and texts that a gateway is filled with before its pages are looked at.</summary>
internal sealed record Furnishing(
    string Name, string Workspace, string[] Teams, string[] Projects, string[] Environments, string[] People, string[] Tokens, string[] Secrets, string Value, string Note)
{
    /// <summary>As a company would have it. The README's pictures are of this.</summary>
    public static readonly Furnishing Plausible = new(
        "plausible", "Northwind Freight", ["Payments", "Platform", "Warehouse"], ["Checkout API", "Ledger", "Edge proxy", "Pick & pack"], ["development", "staging", "production"],
        ["Mara Lindqvist", "Tomás Herrera", "Aiko Tanaka", "Sam O’Neill"],
        ["deploy-pipeline", "ledger-nightly", "checkout production", "staging smoke tests", "grafana", "backup job", "warehouse scanner", "old laptop of Tomás"],
        ["DATABASE_URL", "STRIPE_SECRET_KEY", "SESSION_KEY", "SMTP_PASSWORD", "FEATURE_FLAGS", "WEBHOOK_SIGNING_SECRET"],
        "postgres://ledger:9f2c81d0@db.internal:5432/ledger", "Rotated each quarter with the payment provider.");

    /// <summary>What somebody would choose who wants a page to break: markup, quotes, right-to-left marks, and everything as long as it may be.</summary>
    public static readonly Furnishing Hostile = new(
        "hostile", Names(0), [Names(1), Names(2), Names(3)], [Names(4), Names(5), Names(0), Names(1)], [Names(2), Names(3), Names(0)],
        [Names(5), Names(0), Names(3), Names(1)],
        [Names(0), Names(1), Names(2), Names(3), Names(4), Names(5), Names(6), Names(7)],
        ["A".PadRight(128, 'W'), "__proto__", "constructor", "-", "_".PadRight(128, '_'), "script-alert-1"],
        """</textarea></script><script>window.hit=1</script><img src=x onerror="window.hit=1">"'`${7*7} &amp; """ + "\u202e" + new string('W', 300) + "\nsecond line\n\n\ttab",
        """<script>window.hit=1</script><b onmouseover="window.hit=1">note</b> '"` &lt; """ + new string('M', 200));

    /// <summary>Nothing and nobody: as an operator first starts it.</summary>
    public static readonly Furnishing None = new("none", "", [], [], [], [], [], [], "", "");

    private static string Names(int which) => which switch
    {
        0 => "<script>window.hit=1</script>",
        1 => "\" onmouseover=\"window.hit=1\" x='<img src=x onerror=window.hit=1>'"[..64],
        2 => "\u202egnp.exe\u2066 \u05d0\u05d1\u05d2 \u0645\u0631\u062d\u0628\u0627 end",
        3 => new string('W', 64),
        4 => "</title></td></table><h1>' \"` &lt;&amp;</h1>",
        5 => "javascript:window.hit=1//'\"--><svg onload=window.hit=1>",
        6 => "{{7*7 @(7*7) %3Cscript%3E &#60;b&#62;",
        _ => string.Concat(Enumerable.Repeat("\ud83d\udd10e\u0301", 16)),
    };
}
