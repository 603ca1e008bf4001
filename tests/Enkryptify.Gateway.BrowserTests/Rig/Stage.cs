using System.Collections.Concurrent;

namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>What all tests share: one browser process, and one gateway with the sample structure and a person of each kind.</summary>
public sealed class Stage : IAsyncLifetime
{
    private IPlaywright? playwright;
    private readonly ConcurrentDictionary<string, Lazy<Task<Room>>> rooms = new(StringComparer.Ordinal);

    internal IBrowser Browser { get; private set; } = null!;

    internal House House { get; private set; } = null!;

    /// <summary>A second browser, which keeps pages for the back button.</summary>
    internal async Task<IBrowser> WithPageCache() => await Chromium.Launch(playwright!, pageCache: true);

    public async ValueTask InitializeAsync()
    {
        playwright = await Playwright.CreateAsync();
        Browser = await Chromium.Launch(playwright);
        House = await House.Open(this);
    }

    /// <summary>A gateway with something to look at. It is opened by the first test that looks; none changes anything there.</summary>
    internal Task<Room> Room(Furnishing furnishing) => rooms.GetOrAdd(furnishing.Name, _ => new Lazy<Task<Room>>(() => Rig.Room.Furnish(this, furnishing))).Value;

    /// <summary>
    /// What a person does with a browser of their own. Fails when it did, and also when a page asked another origin for anything, broke its policy,
    /// wrote an error to the console or threw one. A picture of the last page of a failure is kept.
    /// </summary>
    /// <param name="cookie">Of a session, as <c>name=value</c>.</param>
    /// <param name="browser">Another than the one that all share.</param>
    internal async Task Browse(Uri url, string? cookie, Func<Tab, Task> story, bool scripts = true, IBrowser? browser = null)
    {
        await using var context = await (browser ?? Browser).NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = url.ToString(),
            JavaScriptEnabled = scripts,
            ReducedMotion = ReducedMotion.Reduce,
            ViewportSize = new ViewportSize { Width = Sizes.Wide, Height = Sizes.Height },
        });
        context.SetDefaultTimeout(10_000);
        context.SetDefaultNavigationTimeout(20_000);
        if (cookie?.Split('=', 2) is [var name, var value])
        {
            await context.AddCookiesAsync([new Cookie { Name = name, Value = value, Url = url.ToString(), HttpOnly = true, SameSite = SameSiteAttribute.Strict }]);
        }

        var conduct = new Conduct(url);
        await conduct.Watch(context, scripts);
        var tab = new Tab(await context.NewPageAsync(), conduct, scripts);
        try
        {
            await story(tab);
            conduct.Check();
        }
        catch (Exception error)
        {
            throw new BrowsingFailedException($"{error.Message}\n\nat {tab.Page.Url}, see {await tab.KeepPicture()}\n{conduct}", error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var room in rooms.Values.Where(room => room.IsValueCreated && room.Value.IsCompletedSuccessfully))
        {
            await (await room.Value).DisposeAsync();
        }

        if (House is not null)
        {
            await House.DisposeAsync();
        }

        if (Browser is not null)
        {
            await Browser.DisposeAsync();
        }

        playwright?.Dispose();
    }
}

/// <summary>What went wrong, on which page, and how it looked.</summary>
internal sealed class BrowsingFailedException(string message, Exception inner) : Exception(message, inner);
