namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>A way in which every page has to look right: a width and a colour scheme.</summary>
internal sealed record Look(int Width, ColorScheme Scheme)
{
    public static readonly Look WideLight = new(Sizes.Wide, ColorScheme.Light);
    public static readonly Look WideDark = new(Sizes.Wide, ColorScheme.Dark);
    public static readonly Look NarrowLight = new(Sizes.Narrow, ColorScheme.Light);
    public static readonly Look NarrowDark = new(Sizes.Narrow, ColorScheme.Dark);
    public static readonly IReadOnlyList<Look> All = [WideLight, WideDark, NarrowLight, NarrowDark];

    public async Task PutOn(IPage page)
    {
        await page.SetViewportSizeAsync(Width, Sizes.Height);
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = Scheme, ReducedMotion = ReducedMotion.Reduce });
    }

    public override string ToString() => $"{Width}-{Scheme.ToString().ToLowerInvariant()}";
}

internal static class Sizes
{
    public const int Wide = 1280;
    public const int Narrow = 390;
    public const int Height = 800;
}

/// <summary>Pictures of pages, for people to look at: all in <c>artifacts/screenshots</c>, and the README's where they are asked for.</summary>
internal static class Pictures
{
    /// <summary>Set to 1, it lets a run write the README's pictures anew.</summary>
    public const string Asked = "ENKRYPTIFY_WRITE_SCREENSHOTS";

    public static readonly string Root = FindRoot();

    public static readonly string Directory = Path.Combine(Root, "artifacts", "screenshots");

    public static async Task Take(IPage page, string name, bool wholePage = true) => await page.ScreenshotAsync(new PageScreenshotOptions
    {
        Path = Path.Combine(Directory, name + ".png"),
        FullPage = wholePage,
        Animations = ScreenshotAnimations.Disabled,
    });

    public static string Readme(string name) => Path.Combine(Root, "docs", "screenshots", name + ".png");

    /// <summary>One screen, as the README shows it.</summary>
    public static async Task TakeForReadme(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable(Asked) == "1")
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Readme(name), Animations = ScreenshotAnimations.Disabled });
        }
    }

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Enkryptify.Gateway.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("the tests run from within the repository");
    }
}
