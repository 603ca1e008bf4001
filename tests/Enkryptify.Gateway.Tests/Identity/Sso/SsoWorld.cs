using System.Text.Json.Nodes;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity.Sso;

/// <summary>A gateway that signs people in through a real provider: e-mails of acme.test and one other, who join <c>acme</c> as developers.</summary>
public sealed class SsoWorld : IAsyncLifetime
{
    public const string Password = "correct horse battery";

    private static readonly (string Key, string Value)[] Usual =
    [
        ("sso.allowed_domains", "acme.test"), ("sso.allowed_emails", "bob@elsewhere.test"), ("sso.workspace", "acme"), ("sso.role", "developer"),
    ];

    private string secretFile = "";

    internal TestGateway Gateway { get; private set; } = null!;

    internal Acme Acme { get; private set; } = null!;

    internal OidcProvider Provider { get; private set; } = null!;

    public ValueTask InitializeAsync() => Open([]);

    /// <summary>With other settings than the usual ones, or another provider.</summary>
    internal static async Task<SsoWorld> Start(OidcProvider? provider = null, params (string Key, string Value)[] settings)
    {
        var world = new SsoWorld { Provider = provider! };
        await world.Open(settings);
        return world;
    }

    /// <summary>A browser without a cookie, in front of a provider that tells the truth.</summary>
    internal SsoBrowser Browser(Visitor visitor)
    {
        Provider.Reform();
        Provider.Visitor = visitor;

        // Refusals of the same kind within a minute are counted, not written one by one.
        Gateway.Clock.Advance(TimeSpan.FromMinutes(1));
        return new SsoBrowser(Gateway);
    }

    /// <summary>An account with a password, its e-mail unverified as after an invitation.</summary>
    internal async Task<Guid> LocalAccount(string email)
    {
        var account = await Gateway.Gateway.Accounts.CreateLocal(email, "Local", new Sensitive(Password));
        Change($"UPDATE user_account SET verified = 0 WHERE id = '{account.Id:D}'");
        return account.Id;
    }

    /// <summary>An invitation to all of <c>acme</c>, as if made by <paramref name="inviter"/>.</summary>
    internal async Task Invite(string email, string role, Guid inviter, bool declined)
    {
        var made = await Gateway.Operator.Post("/v1/workspace/acme/rbac", Json.Of(("email", email), ("role", role), ("scope", Json.Everything)));
        Assert.Equal(201, made.Status);
        Change($"UPDATE invitation SET invited_by = '{inviter:D}', declined_at = {(declined ? "1" : "NULL")} WHERE email = '{email}'");
    }

    /// <summary>The reason of the newest refusal in the audit log.</summary>
    internal string LastReason => AuditTail.Entries(Gateway).Last(entry => (string)entry["outcome"]! == "denied")["reason"]!.GetValue<string>();

    /// <summary>As the workspace's member list shows them; null when they are none.</summary>
    internal async Task<JsonNode?> Member(string email) =>
        (await Gateway.Operator.Get("/v1/workspace/acme/rbac")).Json.AsArray().SingleOrDefault(member => (string)member!["user"]!["email"]! == email);

    /// <summary>What a sign-in may leave behind.</summary>
    internal (long Accounts, long Identities, long Sessions, long Members) Rows => (Count("user_account"), Count("user_identity"), Count("session"), Count("member"));

    private long Count(string table)
    {
        using var sql = Database.OpenReader(DatabaseFile);
        return sql.Number($"SELECT count(*) FROM {table}")!.Value;
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Provider.DisposeAsync();
        File.Delete(secretFile);
    }

    private string DatabaseFile => Path.Combine(Gateway.DataDirectory, Database.FileName);

    private void Change(string statement)
    {
        using var sql = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={DatabaseFile}");
        sql.Open();
        using var command = sql.CreateCommand();
        command.CommandText = statement;
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    private async ValueTask Open((string Key, string Value)[] settings)
    {
        Provider ??= await OidcProvider.Start();
        secretFile = Path.Combine(Path.GetTempPath(), $"ekgw-sso-{Path.GetRandomFileName()}");
        PrivateFile.Write(secretFile, OidcProvider.ClientSecret + "\n");
        (string, string)[] own = [("sso.issuer", Provider.Issuer), ("sso.client_id", OidcProvider.ClientId), ("sso.client_secret", $"file:{secretFile}")];
        (Gateway, Acme) = await TestGateway.StartWithAcme([.. own, .. Usual, .. settings]);
        Provider.Clock.Followed = Gateway.Clock;
    }
}
