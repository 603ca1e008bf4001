namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>The distribution's Chromium. No browser is ever downloaded for a test.</summary>
internal static class Chromium
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    /// <param name="pageCache">As people have it: pages that were left are kept whole for the back button. Playwright switches that off otherwise.</param>
    public static Task<IBrowser> Launch(IPlaywright playwright, bool pageCache = false)
    {
        var path = Find() ?? throw new InvalidOperationException($"None of {string.Join(", ", Names)} is on the PATH: install the distribution's package chromium.");
        return playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,
            // Chromium's sandbox does not start for root, which containers run tests as. The only pages that it opens are the gateway's.
            ChromiumSandbox = !Environment.IsPrivilegedProcess,
            IgnoreDefaultArgs = pageCache ? ["--disable-back-forward-cache"] : null,
            Timeout = 60_000,
        });
    }

    private static string? Find() =>
        (from name in Names
         from directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
         let path = Path.Combine(directory, name)
         where File.Exists(path)
         select path).FirstOrDefault();
}
