using System.Text.Json.Nodes;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>
/// A route acts with a credential: permission, scope, revocation, the creator's ceiling hold for each request, and a changed secret is sent from the next one
/// on. What it may not do, it does not send.
/// </summary>
public class RouteSecretTests(RouteWorld world) : IClassFixture<RouteWorld>
{
    [Fact]
    public async Task A_changed_secret_is_sent_from_the_next_request_on()
    {
        await world.Store("TURNING", "one");
        await world.Load(world.Route(route: "headers = [\"X-Turn: %TURNING%\"]"));
        for (var i = 0; i < 20; i++)
        {
            await world.Store("TURNING", $"turn-{i}");
            Assert.Equal($"turn-{i}", RouteWorld.Headers(await world.Get())["X-Turn"]!.GetValue<string>());
        }
    }

    /// <summary>A way to write that forgot to tell would leave an old value in use: each is tried.</summary>
    [Fact]
    public async Task However_a_secret_is_changed_the_next_request_sends_it()
    {
        await world.Store("WRITTEN", "created");
        await world.Load(world.Route(route: "headers = [\"X-W: %WRITTEN%\"]"));
        Assert.Equal("created", await Sent());

        await world.Store("WRITTEN", "put");
        Assert.Equal("put", await Sent());

        var caller = new OperatorCaller(0, "test");
        DotEnvEntry[] entries = [new DotEnvEntry("WRITTEN", "imported", 1)];
        var vault = world.Gateway.Gateway.Vault;
        var plan = (await vault.PlanImport(caller, "acme", "shop", "dev", entries)).Value;
        _ = (await vault.Import(caller, "acme", "shop", "dev", entries, plan.Fingerprint)).Value;
        Assert.Equal("imported", await Sent());

        // Renamed away, and another one in its place.
        var path = string.Format(System.Globalization.CultureInfo.InvariantCulture, Acme.Secrets, "shop");
        await world.Store("STAND_IN", "another");
        foreach (var (from, to) in ((string, string)[])[("WRITTEN", "AWAY"), ("STAND_IN", "WRITTEN")])
        {
            Assert.Equal(200, (await world.Gateway.Operator.Put($"{path}/{from}", Json.Of(("name", to), ("type", "runtime"), ("dataType", "text"), ("values", Json.List())))).Status);
        }

        Assert.Equal("another", await Sent());
        Assert.Equal(200, (await world.Gateway.Operator.Delete($"{path}/WRITTEN?environmentId={world.Acme.ShopDev}")).Status);
        Assert.Equal(502, (await world.Get()).Status);

        async Task<string> Sent() => RouteWorld.Headers(await world.Get())["X-W"]!.GetValue<string>();
    }

    /// <summary>What a value refers to belongs to it: another environment's change shows too, as far as the credential reaches.</summary>
    [Fact]
    public async Task References_are_expanded_within_the_credentials_reach()
    {
        await world.Store("BASE", "a");
        await world.Store("FULL", "<${BASE}>-<${shop.prod.KEY}>");
        await world.Load(world.Route(route: "headers = [\"X-Full: %FULL%\"]"));
        Assert.Equal("<a>-<${shop.prod.KEY}>", RouteWorld.Headers(await world.Get())["X-Full"]!.GetValue<string>());
        await world.Store("BASE", "b");
        Assert.Equal("<b>-<${shop.prod.KEY}>", RouteWorld.Headers(await world.Get())["X-Full"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_revoked_credential_ends_its_route_with_the_next_request()
    {
        var (id, _, _) = await world.Gateway.Machine("read", Json.Scope(environments: [world.Acme.ShopDev]));
        await world.Load(world.Route(route: $"credential = \"{id}\""));
        Assert.Equal(200, (await world.Get()).Status);
        await world.Gateway.Operator.Delete($"/v1/workspace/acme/tokens/{id}");
        await Refused(403, "route_refused", "route_credential_revoked");
    }

    [Fact]
    public async Task A_rotated_credential_keeps_its_route()
    {
        var (id, _, _) = await world.Gateway.Machine("read", Json.Scope(environments: [world.Acme.ShopDev]));
        await world.Load(world.Route(route: $"credential = \"{id}\""));
        Assert.Equal(200, (await world.Gateway.Operator.Post($"/v1/workspace/acme/tokens/{id}/rotate")).Status);
        Assert.Equal(200, (await world.Get()).Status);
    }

    [Fact]
    public async Task An_expired_credential_ends_its_route()
    {
        var (id, _, _) = await world.Gateway.Machine("read", Json.Scope(environments: [world.Acme.ShopDev]), expiresIn: "24h");
        await world.Load(world.Route(route: $"credential = \"{id}\""));
        Assert.Equal(200, (await world.Get()).Status);
        world.Gateway.Clock.Advance(TimeSpan.FromHours(24));
        await Refused(403, "route_refused", "route_credential_expired");
    }

    [Fact]
    public async Task The_creators_ceiling_holds()
    {
        var maker = await world.Gateway.People.Join("developer", Json.Scope(projects: [world.Acme.Shop]));
        var (id, _, _) = await world.Gateway.Machine("read", Json.Scope(environments: [world.Acme.ShopDev]), creator: maker.Api);
        await world.Load(world.Route(route: $"credential = \"{id}\""));
        Assert.Equal(200, (await world.Get()).Status);
        var member = maker.MemberId;
        Assert.Equal(200, (await world.Gateway.Operator.Patch($"/v1/workspace/acme/rbac/{member}", Json.Of(("scope", Json.Scope(projects: [world.Acme.Site]))))).Status);
        await Refused(403, "route_refused", "route_scope");
        Assert.Equal(200, (await world.Gateway.Operator.Patch($"/v1/workspace/acme/rbac/{member}", Json.Of(("scope", Json.Scope(projects: [world.Acme.Shop]))))).Status);
        Assert.Equal(200, (await world.Get()).Status);
        Assert.Equal(200, (await world.Gateway.Operator.Delete($"/v1/workspace/acme/rbac/{member}")).Status);
        // Who leaves takes their credentials along.
        await Refused(403, "route_refused", "route_credential_revoked");
    }

    [Fact]
    public async Task A_secret_that_is_gone_stops_its_route_until_it_is_back()
    {
        await world.Store("PASSING", "here");
        await world.Load(world.Route(route: "headers = [\"X-P: %PASSING%\"]"));
        Assert.Equal(200, (await world.Get()).Status);
        await world.Drop("PASSING");
        await Refused(502, "route_unusable", "route_secret_missing");
        await world.Store("PASSING", "back");
        Assert.Equal("back", RouteWorld.Headers(await world.Get())["X-P"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("two\nlines", "headers = [\"X-P: %ODD%\"]", false)]
    [InlineData("two\r\nX-Injected: 1", "headers = [\"X-P: a%ODD%\"]", false)]
    [InlineData("tab\tin", "headers = [\"X-P: %ODD%\"]", false)]
    [InlineData("a:b", "headers =\nbasic = \"%ODD%:x\"", false)]
    [InlineData("a\nb", "headers =\nbasic = \"x:%ODD%\"", false)]
    [InlineData("two\r\nlines", "headers =\nquery = [\"p=%ODD%\"]", true)]
    public async Task A_value_that_does_not_fit_is_never_sent(string value, string keys, bool fits)
    {
        await world.Store("ODD", "plain");
        await world.Load(world.Route(route: keys));
        Assert.Equal(200, (await world.Get()).Status);
        await world.Store("ODD", value);
        if (fits)
        {
            Assert.EndsWith("?p=two%0D%0Alines", (await world.Get()).Json["target"]!.GetValue<string>(), StringComparison.Ordinal);
        }
        else
        {
            await Refused(502, "route_unusable", "route_value_unusable");
        }
    }

    /// <summary>Kept values are read again when something changed, and not for each request; each read is an entry, and the requests are counted.</summary>
    [Fact]
    public async Task Reads_and_requests_are_audited_without_an_entry_for_each()
    {
        await world.Store("COUNTED", "v");
        await world.Load(world.Route("audited", route: "headers = [\"X-P: %COUNTED%\"]"));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(200, (await world.Get()).Status);
        }

        var reads = await Entries("VIEW", "audited");
        var read = Assert.Single(reads);
        Assert.Equal(
            ("static", world.Porter, """["COUNTED"]""", 1),
            (read["actor"]!["kind"]!.GetValue<string>(), read["actor"]!["id"]!.GetValue<string>(), read["data"]!["names"]!.ToJsonString(), read["data"]!["count"]!.GetValue<int>()));

        world.Gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        await world.Get();
        var forwarded = (await world.Audit()).Where(entry => entry!["action"]!.GetValue<string>() == "FORWARD" && entry["target"]!["name"]!.GetValue<string>() == "audited").ToList();
        Assert.Equal([10, 1], forwarded.Select(entry => entry!["data"]!["count"]!.GetValue<int>()));
        Assert.All(forwarded, entry => Assert.Equal(("127.0.0.1", world.Porter), (entry!["actor"]!["id"]!.GetValue<string>(), entry["data"]!["credential"]!.GetValue<string>())));

        await world.Drop("COUNTED");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(502, (await world.Get()).Status);
        }

        reads = await Entries("VIEW", "audited");
        Assert.Equal(2, reads.Count);
        Assert.Equal("""["COUNTED"]""", reads[0]["data"]!["missing"]!.ToJsonString());
        Assert.DoesNotContain(RouteWorld.Value, string.Join('\n', (await world.Audit("limit=500")).Select(entry => entry!.ToJsonString())), StringComparison.Ordinal);
    }

    /// <summary>Writers and requests race; whoever has their write acknowledged sees it in every request that begins afterwards (invariant 7).</summary>
    [Fact]
    public async Task No_request_sends_a_value_that_was_replaced_before_it_began()
    {
        await world.Store("RACED", "0");
        await world.Load(world.Route(route: "headers = [\"X-P: %RACED%\"]"));
        var acknowledged = 0;
        var late = 0;
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var least = Volatile.Read(ref acknowledged);
                var sent = int.Parse(RouteWorld.Headers(await world.Get())["X-P"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture);
                if (sent < least)
                {
                    Interlocked.Increment(ref late);
                }
            }
        })).ToArray();
        for (var i = 1; i <= 100; i++)
        {
            await world.Store("RACED", i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Volatile.Write(ref acknowledged, i);
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal(0, late);
    }

    private async Task<List<JsonNode>> Entries(string action, string route) =>
        [.. (await world.Audit("limit=500")).Select(entry => entry!).Where(entry => entry["action"]!.GetValue<string>() == action && entry["data"]?["route"]?.GetValue<string>() == route)];

    /// <summary>Refused with the public code, the reason in the audit, and nothing sent.</summary>
    private async Task Refused(int status, string code, string reason)
    {
        // Refusals of one kind share an entry for a minute; this one begins anew.
        world.Gateway.Clock.Advance(TimeSpan.FromMinutes(2));
        var before = await world.RequestsSoFar();
        var answer = await world.Get();
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal(before + 1, await world.RequestsSoFar());
        Assert.DoesNotContain(reason, answer.Body, StringComparison.Ordinal);
        Assert.Contains(await world.Audit(), entry => entry!["action"]!.GetValue<string>() == "REFUSE" && entry["reason"]?.GetValue<string>() == reason);
    }
}
