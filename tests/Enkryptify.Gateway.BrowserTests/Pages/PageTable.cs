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
        new("/w/{ws}", "workspace", "/w/acme"),
        new("/w/{ws}/credentials/new/kubernetes", "kubernetes-new", "/w/acme/credentials/new/kubernetes"),
        new("/w/{ws}/issuers", "issuers", "/w/acme/issuers"),
        new("/w/{ws}/issuers", "issuers-none", "/w/empty/issuers"),
        new("/w/{ws}/issuers/new", "issuer-new", "/w/acme/issuers/new"),
        new("/w/{ws}/issuers/{id}/keys", "issuer-keys", Of(room => $"/w/acme/issuers/{room.Issuer}/keys")),
        new("/w/{ws}/issuers/{id}/delete", "issuer-delete", Of(room => $"/w/acme/issuers/{room.Issuer}/delete")),
        new("/w/{ws}/overview", "overview", "/w/acme/overview"),
        new("/w/{ws}/overview", "overview-none", "/w/empty/overview"),
        new("/w/{ws}/projects", "projects", "/w/acme/projects"),
        new("/w/{ws}/projects", "projects-none", "/w/empty/projects"),
        new("/w/{ws}/teams/new", "team-new", "/w/acme/teams/new"),
        new("/w/{ws}/teams/{team}/edit", "team-edit", Of(room => $"/w/acme/teams/{room.Team}/edit")),
        new("/w/{ws}/teams/{team}/delete", "team-delete", Of(room => $"/w/acme/teams/{room.Team}/delete")),
        new("/w/{ws}/teams/{team}/projects/new", "project-new", Of(room => $"/w/acme/teams/{room.Team}/projects/new")),
        new("/w/{ws}/projects/{prj}", "secrets", "/w/acme/projects/project-0"),
        new("/w/{ws}/projects/{prj}", "secrets-none", "/w/acme/projects/project-1"),
        new("/w/{ws}/projects/{prj}/edit", "project-edit", "/w/acme/projects/project-0/edit"),
        new("/w/{ws}/projects/{prj}/delete", "project-delete", "/w/acme/projects/project-0/delete"),
        new("/w/{ws}/projects/{prj}/environments", "environments", "/w/acme/projects/project-0/environments"),
        new("/w/{ws}/projects/{prj}/environments/new", "environment-new", "/w/acme/projects/project-0/environments/new"),
        new("/w/{ws}/projects/{prj}/environments/{env}/edit", "environment-edit", Of(room => $"/w/acme/projects/project-0/environments/{room.Environments[0]}/edit")),
        new("/w/{ws}/projects/{prj}/environments/{env}/delete", "environment-delete", Of(room => $"/w/acme/projects/project-0/environments/{room.Environments[0]}/delete")),
        new("/w/{ws}/projects/{prj}/secrets/new", "secret-new", "/w/acme/projects/project-0/secrets/new"),
        new("/w/{ws}/projects/{prj}/secrets/{secret}", "secret", Of(room => $"/w/acme/projects/project-0/secrets/{room.Secret}")),
        new("/w/{ws}/projects/{prj}/secrets/{secret}/edit", "secret-edit", Of(room => $"/w/acme/projects/project-0/secrets/{room.Secret}/edit")),
        new("/w/{ws}/projects/{prj}/secrets/{secret}/delete", "secret-delete", Of(room => $"/w/acme/projects/project-0/secrets/{room.Secret}/delete")),
        new("/w/{ws}/projects/{prj}/secrets/{secret}/{env}/{kind}/edit", "value-edit", Of(room => $"/w/acme/projects/project-0/secrets/{room.Secret}/{room.Environments[0]}/shared/edit")),
        new("/w/{ws}/projects/{prj}/secrets/{secret}/{env}/{kind}/delete", "value-delete", Of(room => $"/w/acme/projects/project-0/secrets/{room.Secret}/{room.Environments[0]}/own/delete")),
        new("/w/{ws}/projects/{prj}/import", "import", "/w/acme/projects/project-0/import"),
        new("/w/{ws}/projects/{prj}/export", "export", "/w/acme/projects/project-0/export"),
        new("/w/{ws}/members", "members", "/w/acme/members"),
        new("/w/{ws}/members", "members-unmatched", "/w/acme/members?q=nobody"),
        new("/w/{ws}/members/invite", "member-invite", "/w/acme/members/invite"),
        new("/w/{ws}/members/{id}", "member", Of(room => $"/w/acme/members/{room.Member}")),
        new("/w/{ws}/members/{id}/remove", "member-remove", Of(room => $"/w/acme/members/{room.Member}/remove")),
        new("/w/{ws}/members/{id}/remove", "invitation-withdraw", Of(room => $"/w/acme/members/{room.Invited}/remove")),
        new("/w/{ws}/forwarding", "forwarding", "/w/acme/forwarding"),
        new("/w/{ws}/forwarding", "forwarding-none", "/w/empty/forwarding"),
        new("/w/{ws}/forwarding/backend", "backend", "/w/remote/forwarding/backend"),
        new("/w/{ws}/forwarding/backend", "backend-none", "/w/acme/forwarding/backend"),
        new("/w/{ws}/forwarding/origins", "origins", "/w/acme/forwarding/origins"),
        new("/w/{ws}/forwarding/origins", "origins-none", "/w/empty/forwarding/origins"),
        new("/w/{ws}/forwarding/origins/remove", "origin-remove", "/w/acme/forwarding/origins/remove?origin=https%3A%2F%2Fapi.stripe.com"),
        new("/w/{ws}/forwarding/log", "proxy-log", "/w/acme/forwarding/log"),
        new("/w/{ws}/forwarding/log", "proxy-log-none", "/w/empty/forwarding/log"),
        new("/w/{ws}/forwarding/log", "proxy-log-unmatched", "/w/acme/forwarding/log?host=nowhere.example"),
        new("/w/{ws}/audit", "audit", "/w/acme/audit"),
        new("/w/{ws}/audit", "audit-filtered", "/w/acme/audit?action=CREATE&target=token"),
        new("/w/{ws}/audit", "audit-wrong", "/w/acme/audit?from=soon"),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(row => row.Name)];

    private static Func<Room, Task<string>> Of(Func<Room, string> path) => room => Task.FromResult(path(room));

    public static PageRow Row(string name) => Rows.Single(row => row.Name == name);
}
