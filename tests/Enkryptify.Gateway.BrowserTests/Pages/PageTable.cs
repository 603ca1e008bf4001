using Enkryptify.Gateway.BrowserTests.Rig;

namespace Enkryptify.Gateway.BrowserTests.Pages;

/// <summary>A page of the dashboard: its route, and how to get to it with something on it. A new page is one row in <see cref="PageTable"/>.</summary>
/// <param name="Pattern">As the gateway's route table has it.</param>
/// <param name="Name">Of its pictures.</param>
/// <param name="Path">Of an example in a room.</param>
/// <param name="SignedIn">Whether it is looked at by the owner, or by somebody unknown.</param>
/// <param name="Status">Of the answer.</param>
/// <param name="IsNew">Whether it is looked at in a gateway without any account.</param>
internal sealed record PageRow(string Pattern, string Name, Func<Room, Task<string>> Path, bool SignedIn = true, int Status = 200, bool IsNew = false)
{
    public PageRow(string pattern, string name, string path, bool signedIn = true, int status = 200, bool isNew = false)
        : this(pattern, name, _ => Task.FromResult(path), signedIn, status, isNew)
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
        new("/first-owner", "first-owner", "/first-owner", signedIn: false, isNew: true),
        new("/", "workspaces", "/"),
        new("/account", "account", "/account"),
        new("/account/sign-out-everywhere", "sign-out-everywhere", "/account/sign-out-everywhere"),
        new("/oauth/device", "device-code", "/oauth/device"),
        new("/oauth/device", "device", async room => "/oauth/device?user_code=" + await room.AskAsDevice()),
        new("/oauth/device", "device-unknown", "/oauth/device?user_code=ABCDE-12345", status: 404),
        new("/oauth/device/approved", "device-approved", "/oauth/device/approved"),
        new("/oauth/device/denied", "device-denied", "/oauth/device/denied"),
        new("/invite/{code}", "invite", room => Task.FromResult("/invite/" + room.InviteCode), SignedIn: false),
        new("/invite/{code}", "invite-for-another", room => Task.FromResult("/invite/" + room.InviteCode)),
        new("/invite/{code}", "invite-unknown", "/invite/nobody-has-this-code", signedIn: false, status: 404),
        new("/invite/{code}/decline", "invite-decline", room => Task.FromResult($"/invite/{room.InviteCode}/decline"), SignedIn: false),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(row => row.Name)];

    public static PageRow Row(string name) => Rows.Single(row => row.Name == name);
}
