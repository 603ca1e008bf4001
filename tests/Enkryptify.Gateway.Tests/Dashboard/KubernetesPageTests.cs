using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>Registering workloads by form, and whom the workspace trusts to vouch for them.</summary>
public class KubernetesPageTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Form = "/w/acme/credentials/new/kubernetes";
    private const string Cluster = "https://kubernetes.default.svc.cluster.local";
    private readonly TestGateway gateway = shared.Gateway;
    private readonly Acme acme = shared.Acme;

    [Fact]
    public async Task A_workload_is_registered_with_its_cluster_and_its_page_says_how_to_use_it()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("admin")).Email);
        await browser.Get(Form);
        await browser.Post(Form, [.. Whole("web-one", ("issuer", "new"), ("issuerUrl", Cluster), ("jwks", Keys("one"))), ("serviceAccountUid", "1-2-3"), ("claims", "level = 3\r\nrepository = a/b\r\nreal = \"7\"")]);
        Assert.True(browser.Page.Status == 303, browser.Text);
        Assert.Matches("^/w/acme/credentials/[0-9a-f-]{36}$", browser.Location);
        await browser.Follow();
        foreach (var shown in new[] { "web-one is registered", "system:serviceaccount:shop:web-one", Cluster, "1-2-3", "level3", "repository\"a/b\"", "real\"7\"", "serviceAccountName: web-one", "audience: \"https://gateway.test\"", "/v1/auth/oidc/exchange" })
        {
            Assert.Contains(shown, browser.Text, StringComparison.Ordinal);
        }

        var stored = (await gateway.Operator.Get("/v1/workspace/acme/oidc")).Json.AsArray().Single(one => one!["name"]!.GetValue<string>() == "web-one")!;
        Assert.Equal("""{"level":3,"real":"7","repository":"a/b"}""", stored["claims"]!.ToJsonString());

        // The same again is no second one, and the form keeps what was typed.
        var issuer = stored["issuerId"]!.GetValue<string>();
        await browser.Get(Form);
        await browser.Post(Form, [.. Whole("web-one", ("issuer", issuer)), ("claims", "level = 3\nrepository = a/b\nreal = \"7\"")]);
        Assert.Equal(409, browser.Page.Status);
        Assert.Contains("exists already", browser.Text, StringComparison.Ordinal);
        Assert.Contains($"value=\"{issuer}\" selected", browser.Page.Body, StringComparison.Ordinal);

        var id = stored["id"]!.GetValue<string>();
        await browser.Get($"/w/acme/credentials/{id}/revoke");
        Assert.Contains("The workload can exchange its token no more", browser.Text, StringComparison.Ordinal);
        await browser.Post($"/w/acme/credentials/{id}/revoke");
        Assert.Equal(303, browser.Page.Status);
        Assert.NotNull((await gateway.Operator.Get("/v1/workspace/acme/oidc")).Json.AsArray().Single(one => one!["id"]!.GetValue<string>() == id)!["revokedAt"]);
        Assert.Equal(409, (await browser.Get($"/w/acme/credentials/{id}/rotate")).Status);
    }

    [Fact]
    public async Task Each_mistake_is_told_beside_its_field()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("admin")).Email);
        await browser.Get(Form);
        await browser.Post(
            Form, ("name", ""), ("permission", "read"), ("access", "all"), ("issuer", "new"), ("issuerUrl", "http://cluster.example"), ("jwks", ""), ("workload", "account"),
            ("namespace", "Shop*"), ("serviceAccount", ""), ("audience", "*"), ("serviceAccountUid", "a b\u0001"), ("claims", "sub = x"));
        Assert.Equal(400, browser.Page.Status);
        foreach (var field in new[] { "name", "issuerUrl", "namespace", "serviceAccount", "audience", "serviceAccountUid", "claims" })
        {
            Assert.True(browser.Page.Body.Contains($"id=\"e-{field}\"", StringComparison.Ordinal), field);
        }

        Assert.Contains("value=\"Shop*\"", browser.Page.Body, StringComparison.Ordinal);
        foreach (var (jwks, problem) in new[] { ("{oops", "not valid JSON"), ("{\"keys\":[]}", "1 to 4096 keys"), ("{\"keys\":[{\"kty\":\"EC\",\"d\":\"x\"}]}", "private") })
        {
            await browser.Post(Form, Whole("web-two", ("issuer", "new"), ("issuerUrl", Cluster), ("jwks", jwks)));
            Assert.Equal(400, browser.Page.Status);
            Assert.Contains(problem, browser.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Only_an_admin_of_the_whole_workspace_says_whom_it_trusts()
    {
        var made = await gateway.Operator.Post("/v1/workspace/acme/issuer", Json.Of(("name", "ours"), ("url", "https://ours.example"), ("jwks", System.Text.Json.Nodes.JsonNode.Parse(Keys("ours")))));
        Assert.True(made.Status == 201, made.Body);
        var id = made.Json["id"]!.GetValue<string>();
        var admin = await gateway.People.Join("admin", Json.Scope(projects: [acme.Shop]));
        foreach (var email in new[] { (await gateway.People.Join("developer")).Email, (await gateway.People.Join("member")).Email, admin.Email })
        {
            var browser = await PageBrowser.Of(gateway, email);
            await browser.Get("/w/acme/issuers");
            Assert.Contains("https://ours.example", browser.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("Add issuer", browser.Text, StringComparison.Ordinal);
            Assert.DoesNotContain($"{id}/keys", browser.Page.Body, StringComparison.Ordinal);
            await browser.Get(Form);
            Assert.DoesNotContain("f-issuerUrl", browser.Page.Body, StringComparison.Ordinal);
            var before = (await gateway.Operator.Get("/v1/workspace/acme/issuer")).Body;
            await browser.Post(Form, Whole("web-x", ("issuer", "new"), ("issuerUrl", Cluster), ("jwks", Keys("mine")), ("access", "chosen"), ("environment", acme.ShopDev)));
            Assert.Equal(403, browser.Page.Status);
            foreach (var path in new[] { "/w/acme/issuers/new", $"/w/acme/issuers/{id}/keys", $"/w/acme/issuers/{id}/delete" })
            {
                Assert.Equal(403, (await browser.Get(path)).Status);
                await browser.Get("/account");
                await browser.Post(path, ("name", "mine"), ("url", "https://mine.example"), ("from", "upload"), ("jwks", Keys("mine")));
                Assert.Equal(403, browser.Page.Status);
            }

            Assert.Equal(before, (await gateway.Operator.Get("/v1/workspace/acme/issuer")).Body);
        }
    }

    [Fact]
    public async Task An_admin_adds_an_issuer_renews_its_keys_and_removes_it()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("admin")).Email);
        await browser.Get("/w/acme/issuers/new");
        await browser.Post("/w/acme/issuers/new", ("name", "edge <1>"), ("url", "ftp://edge"), ("from", "url"), ("ca", "nonsense"), ("jwksOrigin", "nonsense"), ("bearerToken", "a b"));
        Assert.Equal(400, browser.Page.Status);
        Assert.All(new[] { "url", "ca", "jwksOrigin", "bearerToken" }, field => Assert.Contains($"id=\"e-{field}\"", browser.Page.Body, StringComparison.Ordinal));
        Assert.DoesNotContain("a b\"", browser.Page.Body, StringComparison.Ordinal);
        await browser.Post("/w/acme/issuers/new", ("name", "edge <1>"), ("url", "https://edge.example"), ("from", "upload"), ("jwks", Keys("edge-1")));
        Assert.Equal("/w/acme/issuers", browser.Location);
        await browser.Follow();
        Assert.Contains("edge <1>", browser.Text, StringComparison.Ordinal);
        Assert.Contains("1 key uploaded", browser.Text, StringComparison.Ordinal);
        var id = (await gateway.Operator.Get("/v1/workspace/acme/issuer")).Json.AsArray().Single(one => one!["name"]!.GetValue<string>() == "edge <1>")!["id"]!.GetValue<string>();
        await browser.Get($"/w/acme/issuers/{id}/keys");
        await browser.Post($"/w/acme/issuers/{id}/keys", ("jwks", ""));
        Assert.Equal(400, browser.Page.Status);
        await browser.Post($"/w/acme/issuers/{id}/keys", ("jwks", Keys("edge-2")), ("keepPrevious", "true"));
        await browser.Follow();
        Assert.Contains("2 keys uploaded", browser.Text, StringComparison.Ordinal);
        await browser.Get($"/w/acme/issuers/{id}/delete");
        await browser.Post($"/w/acme/issuers/{id}/delete");
        await browser.Follow();
        Assert.DoesNotContain("edge.example", browser.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_come_as_a_file_too_and_a_wrong_one_is_shown_again()
    {
        var person = await gateway.People.Join("admin");
        var browser = await PageBrowser.Of(gateway, person.Email);
        await browser.Get("/w/acme/issuers/new");
        foreach (var (file, status) in new[] { ("{\"keys\": 7}", 400), (Keys("from-file"), 303) })
        {
            using var form = new MultipartFormDataContent
            {
                { new StringContent(browser.Token!), Enkryptify.Gateway.Http.Visit.TokenField }, { new StringContent("by file"), "name" }, { new StringContent("https://file.example"), "url" },
                { new StringContent("upload"), "from" }, { new StringContent(file), "jwksFile", "keys.json" },
            };
            var answer = await gateway.Anonymous.Send(HttpMethod.Post, "/w/acme/issuers/new", form, request =>
            {
                request.Headers.Add("Sec-Fetch-Site", "same-origin");
                request.Headers.Add("Cookie", $"__Host-ekgw-session={browser.Cookie("__Host-ekgw-session")}");
            });
            Assert.True(answer.Status == status, PageBrowser.Plain(answer.Body));
            Assert.True(status == 303 || PageBrowser.Plain(answer.Body).Contains("{\"keys\": 7}", StringComparison.Ordinal));
        }
    }

    private static (string, string)[] Whole(string account, params (string Name, string Value)[] more) =>
    [
        ("name", account), ("permission", "read"), .. more.Any(one => one.Name == "access") ? [] : new[] { ("access", "all") }, ("workload", "account"), ("namespace", "shop"),
        ("serviceAccount", account), ("audience", "https://gateway.test"), .. more,
    ];

    /// <summary>A key of RFC 7517, appendix A.1, under a name of its own.</summary>
    private static string Keys(string kid) =>
        $$"""{"keys":[{"kty":"EC","crv":"P-256","kid":"{{kid}}","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}""";
}
