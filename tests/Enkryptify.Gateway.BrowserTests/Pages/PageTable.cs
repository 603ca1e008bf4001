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
        new("/invite/{code}", "invite", Of(room => "/invite/" + room.InviteCode), SignedIn: false),
        new("/invite/{code}", "invite-for-another", Of(room => "/invite/" + room.InviteCode)),
        new("/invite/{code}", "invite-unknown", "/invite/nobody-has-this-code", signedIn: false, status: 404),
        new("/invite/{code}/decline", "invite-decline", Of(room => $"/invite/{room.InviteCode}/decline"), SignedIn: false),
        new("/w/{ws}/credentials", "credentials", "/w/acme/credentials"),
        new("/w/{ws}/credentials", "credentials-none", "/w/empty/credentials"),
        new("/w/{ws}/credentials", "credentials-unmatched", "/w/acme/credentials?text=no+such+name"),
        new("/w/{ws}/credentials/new", "credentials-new", "/w/acme/credentials/new"),
        new("/w/{ws}/credentials/new/token", "token-new", "/w/acme/credentials/new/token"),
        new("/w/{ws}/credentials/{id}", "token", Of(room => $"/w/acme/credentials/{room.Token}")),
        new("/w/{ws}/credentials/{id}", "identity", Of(room => $"/w/acme/credentials/{room.Identity}")),
        new("/w/{ws}/credentials/{id}", "credential-missing", "/w/acme/credentials/00000000-0000-7000-8000-000000000000", status: 404),
        new("/w/{ws}/credentials/{id}/rotate", "token-rotate", Of(room => $"/w/acme/credentials/{room.Token}/rotate")),
        new("/w/{ws}/credentials/{id}/revoke", "token-revoke", Of(room => $"/w/acme/credentials/{room.Token}/revoke")),
        new("/w/{ws}/members", "members", "/w/acme/members"),
        new("/w/{ws}/members", "members-unmatched", "/w/acme/members?q=nobody"),
        new("/w/{ws}/members/invite", "member-invite", "/w/acme/members/invite"),
        new("/w/{ws}/members/{id}", "member", Of(room => $"/w/acme/members/{room.Member}")),
        new("/w/{ws}/members/{id}/remove", "member-remove", Of(room => $"/w/acme/members/{room.Member}/remove")),
        new("/w/{ws}/members/{id}/remove", "invitation-withdraw", Of(room => $"/w/acme/members/{room.Invited}/remove")),
        new("/w/{ws}/audit", "audit", "/w/acme/audit"),
        new("/w/{ws}/audit", "audit-filtered", "/w/acme/audit?action=create&target=credential"),
        new("/w/{ws}/audit", "audit-wrong", "/w/acme/audit?from=soon", status: 400),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(row => row.Name)];

    private static Func<Room, Task<string>> Of(Func<Room, string> path) => room => Task.FromResult(path(room));

    public static PageRow Row(string name) => Rows.Single(row => row.Name == name);
}
