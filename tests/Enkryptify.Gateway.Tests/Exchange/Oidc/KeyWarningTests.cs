using System.Text.Json.Nodes;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Tests.Operations;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Exchange.Oidc;

/// <summary>Uploaded keys that have not matched a new <c>kid</c>: the operator is told, nobody else learns whom it is about, and what is kept of it is bounded.</summary>
public sealed class KeyWarningTests : IAsyncLifetime
{
    private readonly Cluster cluster = new("https://warned.test");
    private TestGateway gateway = null!;
    private string issuer = "";

    public async ValueTask InitializeAsync()
    {
        (gateway, _) = await TestGateway.StartWithAcme();
        issuer = await gateway.Issuer(("name", "warned-cluster"), ("url", cluster.Url), ("jwks", cluster.Jwks));
        await gateway.Registered(cluster.Registration());
    }

    public async ValueTask DisposeAsync()
    {
        cluster.Dispose();
        await gateway.DisposeAsync();
    }

    [Fact]
    public async Task A_new_kid_is_a_warning_until_its_keys_are_uploaded()
    {
        Assert.Null((await gateway.Anonymous.Get("/readyz")).Json["warnings"]);
        cluster.RollOver("rolled-over");
        var began = gateway.Clock.GetUtcNow();
        foreach (var _ in new[] { 1, 2 })
        {
            Assert.Equal(401, (await gateway.Oidc(cluster.Token(gateway.Clock.GetUtcNow()))).Status);
            gateway.Clock.Advance(TimeSpan.FromSeconds(30));
        }

        // Ready all the same; to a stranger nothing but that there is something.
        var open = await gateway.Anonymous.Get("/readyz");
        Assert.Equal((200, "ok"), (open.Status, (string)open.Json["status"]!));
        Assert.Equal("issuer_keys", Assert.Single(open.Json["warnings"]!.AsObject()).Key);
        Assert.DoesNotContain("warned", open.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("rolled-over", open.Body, StringComparison.Ordinal);
        Assert.Null(open.Json["issuerKeys"]);

        var whole = await gateway.Operator.Get("/readyz");
        Assert.Equal((string)open.Json["warnings"]!["issuer_keys"]!, (string)whole.Json["warnings"]!["issuer_keys"]!);
        var about = Assert.Single(whole.Json["issuerKeys"]!.AsArray())!;
        Assert.Equal((issuer, "warned-cluster", cluster.Url), ((string)about["issuerId"]!, (string)about["name"]!, (string)about["url"]!));
        var kid = Assert.Single(about["kids"]!.AsArray())!;
        Assert.Equal(("rolled-over", 2, true), ((string)kid["kid"]!, (int)kid["count"]!, (bool)kid["namesAnIdentity"]!));
        Assert.Equal((began.UtcDateTime, began.AddSeconds(30).UtcDateTime), ((DateTime)kid["since"]!, (DateTime)kid["lastSeen"]!));
        Assert.Empty((await ApiDocument.Of(gateway)).Undescribed("GET", "/readyz", whole));
        var finding = Assert.Single((await gateway.Operator.Get("/doctor")).Json["findings"]!.AsArray(), finding => (string)finding!["check"]! == "issuer-keys")!;
        Assert.Contains("was shown tokens of a key that is not among its uploaded ones", (string)finding["message"]!, StringComparison.Ordinal);

        Assert.Equal(200, (await gateway.Operator.Put($"/v1/workspace/acme/issuer/{issuer}/keys", Json.Of(("jwks", cluster.Jwks)))).Status);
        Assert.Null((await gateway.Anonymous.Get("/readyz")).Json["warnings"]);
        Assert.Equal(200, (await gateway.Oidc(cluster.Token(gateway.Clock.GetUtcNow()))).Status);
    }

    [Fact]
    public async Task It_ends_after_a_day_of_silence_by_other_keys_not_and_with_the_issuer()
    {
        await Unknown("stray");
        using var other = new Cluster(cluster.Url, "other");
        Assert.Equal(200, (await gateway.Operator.Put($"/v1/workspace/acme/issuer/{issuer}/keys", Json.Of(("jwks", other.Jwks)))).Status);
        Assert.Single(await Kids());
        gateway.Clock.Advance(UnmatchedKeys.KeptFor - TimeSpan.FromSeconds(1));
        Assert.Single(await Kids());
        gateway.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(await Kids());

        await Unknown("again");
        Assert.Single(await Kids());
        Assert.Equal(200, (await gateway.Operator.Patch($"/v1/workspace/acme/issuer/{issuer}", Json.Of(("discovery", true)))).Status);
        Assert.Empty(await Kids());
    }

    [Fact]
    public async Task Strangers_who_invent_kids_fill_nothing_and_crowd_out_no_real_one()
    {
        await Unknown("real");
        for (var i = 0; i < 50; i++)
        {
            gateway.Clock.Advance(TimeSpan.FromSeconds(1));
            await Unknown($"invented-{i}", payload => payload["sub"] = "nobody");
        }

        await Unknown("\u001b[31mred", payload => payload["sub"] = "nobody");
        await Unknown(new string('k', 200), payload => payload["sub"] = "nobody");
        var kids = await Kids();
        Assert.Equal(UnmatchedKeys.MaxKids, kids.Count);
        Assert.True((bool)kids.Single(kid => (string)kid["kid"]! == "real")["namesAnIdentity"]!);
        Assert.All(kids.Where(kid => (string)kid["kid"]! != "real"), kid => Assert.False((bool)kid["namesAnIdentity"]!));
        Assert.Contains(kids, kid => ((string)kid["kid"]!).StartsWith("?[31mred… (SHA-256 ", StringComparison.Ordinal));
        Assert.All(kids, kid => Assert.InRange(((string)kid["kid"]!).Length, 1, 100));

        // Of issuers whose keys are fetched, or of no issuer at all, there is nothing to upload.
        using var unheard = new Cluster("https://unheard-of.test");
        await gateway.Oidc(unheard.Token(gateway.Clock.GetUtcNow()));
        Assert.Single((await gateway.Operator.Get("/readyz")).Json["issuerKeys"]!.AsArray());
    }

    [Fact]
    public void Issuers_with_warnings_are_bounded_and_the_last_ones_stay()
    {
        var unmatched = new UnmatchedKeys(gateway.Clock);
        for (var i = 0; i < UnmatchedKeys.MaxIssuers + 5; i++)
        {
            gateway.Clock.Advance(TimeSpan.FromSeconds(1));
            unmatched.Note(new Issuer(Ids.New(gateway.Clock), Guid.Empty, $"issuer-{i}", "https://a.test", false, null, null, null, 1, default, default), "kid", false);
        }

        Assert.Equal(UnmatchedKeys.MaxIssuers, unmatched.All.Count);
        Assert.Equal($"issuer-{UnmatchedKeys.MaxIssuers + 4}", unmatched.All[0].Issuer.Name);
        Assert.Equal("issuer-5", unmatched.All[^1].Issuer.Name);
    }

    private async Task Unknown(string kid, Action<JsonObject>? payload = null) =>
        Assert.Equal(401, (await gateway.Oidc(cluster.Token(gateway.Clock.GetUtcNow(), payload, header => header["kid"] = kid))).Status);

    private async Task<IReadOnlyList<JsonNode>> Kids() =>
        [.. (await gateway.Operator.Get("/readyz")).Json["issuerKeys"]?.AsArray().SelectMany(about => about!["kids"]!.AsArray()).Select(kid => kid!) ?? []];
}
