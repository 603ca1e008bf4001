namespace Enkryptify.Gateway.Dashboard;

/// <summary>Where the pages are: these first segments of a path belong to people and their browsers. A test compares them with the route table.</summary>
internal static class PagePaths
{
    private static readonly string[] First = ["/w", "/account", "/sign-in", "/sign-out", "/first-owner", "/oauth", "/invite"];

    public static bool Hold(PathString path) => path.Value is "/" or "" || First.Any(first => path.StartsWithSegments(first, StringComparison.OrdinalIgnoreCase));
}
