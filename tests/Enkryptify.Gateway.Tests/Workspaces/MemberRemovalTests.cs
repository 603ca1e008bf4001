using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.Identity;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Workspaces;

/// <summary>DELETE …/rbac/{id}: what goes with a member, and what stays.</summary>
public class MemberRemovalTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Rbac = "/v1/workspace/acme/rbac";
    private const string Shop = "/v1/workspace/acme/project/shop/secret";
    private readonly TestGateway gateway = shared.Gateway;
    private readonly Acme acme = shared.Acme;

    [Fact]
    public async Task Takes_personal_values_credentials_and_sessions_and_leaves_shared_values_and_entries()
    {
        await using var own = await TestGateway.Start();
        var acme = await Acme.Seed(own);
        var (person, other) = (await own.People.Join("developer"), await own.People.Join("developer"));
        var user = (await person.Api.Get("/v1/me")).Json["id"]!.GetValue<string>();
        Assert.Equal(201, (await person.Api.Post(Shop, Json.Secret("THEIRS", "shared-by-them", [acme.ShopDev]))).Status);
        Assert.Equal(200, (await Personal.Write(person.Api, "shop", "THEIRS", acme.ShopDev, "personal-1")).Status);
        Assert.Equal(200, (await Personal.Write(person.Api, "bank", "KEY", acme.BankProd, "personal-2")).Status);
        Assert.Equal(200, (await Personal.Write(other.Api, "shop", "THEIRS", acme.ShopDev, "kept")).Status);

        // A secret of which nothing but their own value is left.
        await person.Api.Post(Shop, Json.Secret("ONLY_THEIRS", "gone", [acme.ShopDev]));
        await Personal.Write(person.Api, "shop", "ONLY_THEIRS", acme.ShopDev, "personal-3");
        Assert.Equal(200, (await person.Api.Delete($"{Shop}/ONLY_THEIRS?environmentId={acme.ShopDev}")).Status);

        var (_, token, machine) = await own.Machine("read-write", creator: person.Api);
        var (cli, cookie) = (await own.People.Cli(person.Api, acme.ShopDev), await own.People.Cookie(person.Email));
        var entries = AuditTail.Entries(own).Select(entry => entry.ToJsonString()).ToList();
        Assert.Equal(3, Rows(own.DataDirectory, user));

        Assert.Equal(200, (await own.Operator.Delete($"{Rbac}/{person.MemberId}")).Status);

        Assert.Equal(0, Rows(own.DataDirectory, user));
        foreach (var ended in new[] { person.Api, machine, cli })
        {
            Assert.Equal(401, (await ended.Get("/v1/workspace")).Status);
        }

        Assert.Equal(401, (await own.Bearer(token).Post("/v1/auth/exchange")).Status);
        Assert.Equal(401, (await Browser.Get(own, cookie)).Status);
        Assert.Equal(["shared-by-them", "kept"], await Personal.Values(other.Api, "shop", "THEIRS", acme.ShopDev));
        Assert.DoesNotContain("ONLY_THEIRS", TableDump.Of(own), StringComparison.Ordinal);
        Assert.Equal(entries, AuditTail.Entries(own).Take(entries.Count).Select(entry => entry.ToJsonString()));

        // Nor in a copy of the file, once the log is folded into it.
        await own.Close();
        var copy = Directory.CreateTempSubdirectory("ekgw-copy-").FullName;
        File.Copy(Path.Combine(own.DataDirectory, Database.FileName), Path.Combine(copy, Database.FileName));
        Assert.Equal(0, Rows(copy, user));
        Directory.Delete(copy, recursive: true);
        await own.Open();
    }

    [Fact]
    public async Task Invited_again_they_get_nothing_back()
    {
        var person = await gateway.People.Join("developer");
        await Personal.Write(person.Api, "shop", "KEY", acme.ShopDev, "mine");
        var (_, token, _) = await gateway.Machine("read", creator: person.Api);
        Assert.Equal(200, (await gateway.Operator.Delete($"{Rbac}/{person.MemberId}")).Status);
        var id = await gateway.People.JoinAgain(person.Email, "developer");
        Assert.NotEqual(person.MemberId, id);
        Assert.Equal(401, (await person.Api.Get("/v1/me")).Status);
        Assert.Equal(401, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
        Assert.Equal(["shop-dev"], await Personal.Values(await gateway.People.SignIn(person.Email), "shop", "KEY", acme.ShopDev));
    }

    [Fact]
    public async Task Who_belongs_to_another_workspace_stays_signed_in_there()
    {
        var person = await gateway.People.Join("developer");
        await gateway.People.JoinAgain(person.Email, "developer", workspace: "other");
        Assert.Equal(200, (await Personal.Write(person.Api, "yard", "KEY", acme.YardDev, "mine-there", "other")).Status);
        await Personal.Write(person.Api, "shop", "KEY", acme.ShopDev, "mine-here");
        var (_, token, _) = await gateway.Machine("read", workspace: "other", creator: person.Api);

        Assert.Equal(200, (await gateway.Operator.Delete($"{Rbac}/{person.MemberId}")).Status);
        Assert.Equal(["other"], (await person.Api.Get("/v1/workspace")).Json.AsArray().Select(workspace => workspace!["slug"]!.GetValue<string>()));
        Assert.Equal(404, (await person.Api.Get(Shop)).Status);
        Assert.Equal(["yard-dev", "mine-there"], await Personal.Values(person.Api, "yard", "KEY", acme.YardDev, "other"));
        Assert.Equal(200, (await gateway.Bearer(token).Post("/v1/auth/exchange")).Status);
    }

    [Fact]
    public async Task Invitations_they_sent_go_with_them()
    {
        var admin = await gateway.People.Join("admin");
        var sent = await admin.Api.Post(Rbac, Json.Of(("email", "friend@acme.test"), ("role", "admin"), ("scope", Json.Everything)));
        var code = sent.Json["code"]!.GetValue<string>();
        Assert.Equal(200, (await gateway.Anonymous.Get($"/v1/invite/{code}")).Status);
        Assert.Equal(200, (await gateway.Operator.Delete($"{Rbac}/{admin.MemberId}")).Status);
        Assert.Equal(404, (await gateway.Anonymous.Get($"/v1/invite/{code}")).Status);
        Assert.Equal(404, (await gateway.Anonymous.Post($"/v1/invite/{code}/accept", Json.Of(("name", "Friend"), ("password", People.Password)))).Status);
    }

    [Fact]
    public async Task Of_what_is_no_member_is_404_and_changes_nothing()
    {
        var elsewhere = await gateway.People.Join("member", workspace: "other");
        var before = TableDump.Of(gateway);
        foreach (var id in new[] { "00000000-0000-7000-8000-000000000000", "not-an-id", elsewhere.MemberId, (await elsewhere.Api.Get("/v1/me")).Json["id"]!.GetValue<string>() })
        {
            var (delete, patch) = (await gateway.Operator.Delete($"{Rbac}/{id}"), await gateway.Operator.Patch($"{Rbac}/{id}", Json.Of(("role", "admin"))));
            Assert.Equal((404, "member_not_found", 404, "member_not_found"), (delete.Status, delete.Code, patch.Status, patch.Code));
        }

        Assert.Equal(before, TableDump.Of(gateway));
    }

    private static long Rows(string directory, string user)
    {
        using var sql = Database.OpenReader(Path.Combine(directory, Database.FileName));
        Assert.NotEqual(0, sql.Number("SELECT count(*) FROM secret_value WHERE owner_id = ''"));
        return sql.Number("SELECT count(*) FROM secret_value WHERE owner_id = ?1", user)!.Value;
    }
}
