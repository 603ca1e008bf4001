using Enkryptify.Gateway.BrowserTests.Rig;

namespace Enkryptify.Gateway.BrowserTests.Pages;

/// <summary>A page of the dashboard: its route, and how to get to it with something on it. A new page is one row in <see cref="PageTable"/>.</summary>
/// <param name="Pattern">As the gateway's route table has it.</param>
/// <param name="Name">Of its pictures.</param>
/// <param name="Path">Of an example in a room.</param>
/// <param name="SignedIn">Whether it is looked at by the owner, or by somebody unknown.</param>
/// <param name="Status">Of the answer.</param>
internal sealed record PageRow(string Pattern, string Name, Func<Room, Task<string>> Path, bool SignedIn = true, int Status = 200)
{
    public PageRow(string pattern, string name, string path, bool signedIn = true, int status = 200)
        : this(pattern, name, _ => Task.FromResult(path), signedIn, status)
    {
    }
}

/// <summary>All pages. What is asked of every page is asked of each row; the table is compared with the gateway's routes.</summary>
internal static class PageTable
{
    public static readonly IReadOnlyList<PageRow> Rows =
    [
        new("/sign-in", "sign-in", "/sign-in", signedIn: false),
        new("/sign-in", "sign-in-ended", "/sign-in?ended=true&next=%2Faccount", signedIn: false),
        new("/", "workspaces", "/"),
        new("/account", "account", "/account"),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(row => row.Name)];

    public static PageRow Row(string name) => Rows.Single(row => row.Name == name);
}
