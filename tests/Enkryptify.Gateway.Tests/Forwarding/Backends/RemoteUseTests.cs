using System.Text.RegularExpressions;
using Enkryptify.Gateway.Tests.Forwarding.Routes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Backends;

/// <summary>A remote workspace where it is not the API that reads it: legacy routes, pages, the doctor, a renamed workspace.</summary>
public sealed class RemoteUseTests
{
    [Fact]
    public async Task A_route_injects_a_remote_secret_takes_its_change_and_survives_the_outage()
    {
        await using var world = await RemoteWorld.Start();
        await using var upstream = await UpstreamProcess.Start();
        var (id, _, _) = await world.Near.Machine("read", Json.Scope(environments: [world.Acme.ShopDev]));
        Assert.Empty(await world.Near.Gateway.LegacyRoutes.Reload(RouteWorld.Config(RouteWorld.RouteOf(id, $"\"{upstream.Url}\"", "headers = [\"X-Api-Key: %KEY%\"]"))));
        Assert.Equal("shop-dev", await Injected());

        var path = "/v1/workspace/acme/project/shop/secret/KEY";
        Assert.Equal(200, (await world.Far.Operator.Put(path, Json.Of(("values", Json.List(Json.Of(("environmentId", world.Acme.ShopDev), ("value", "changed"))))))).Status);
        world.Near.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("changed", await Injected());

        await world.Kill();
        world.Later();
        Assert.Equal("changed", await Injected());
        world.Near.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(502, (await Send()).Status);
        Assert.Equal("route_backend_unavailable", world.Near.Gateway.LegacyRoutes.Status().Routes.Single().Problem);

        Task<Answer> Send() => world.Near.Anonymous.Send(HttpMethod.Get, "/x", null, request => request.Headers.Host = RouteWorld.Host);

        async Task<string> Injected() => (await Send()).Json["headers"]!["X-Api-Key"]!.GetValue<string>();
    }

    [Fact]
    public async Task Pages_show_it_and_its_values_and_offer_no_other_workspaces_secrets()
    {
        await using var world = await RemoteWorld.Start();
        var owner = await world.Near.People.Owner();
        var cookie = await world.Near.People.Cookie(owner.Email);
        var list = await Page("/w/acme/projects/shop");
        Assert.Equal((200, true), (list.Status, list.Body.Contains("KEY", StringComparison.Ordinal)));
        Assert.Equal(200, (await Page("/w/acme/projects")).Status);
        Assert.Equal(404, (await Page("/w/acme/projects/none")).Status);

        Task<Answer> Page(string path) => world.Near.Anonymous.Send(HttpMethod.Get, path, null, request => request.Headers.Add("Cookie", cookie));
    }

    /// <summary>What is changed at the backend has no button here, and its page says so to who comes by its address.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pages_offer_only_what_can_be_changed_here(bool writable)
    {
        await using var world = await (writable ? RemoteWorld.StartWritable() : RemoteWorld.Start());
        var owner = await world.Near.People.Owner();
        var cookie = await world.Near.People.Cookie(owner.Email);
        var (all, list) = (await Page("/w/acme/projects"), await Page("/w/acme/projects/shop"));
        foreach (var managed in new[] { "teams/new", "/edit\"", "/delete\"", "projects/new", "environments/new" })
        {
            Assert.DoesNotContain(managed, all.Body, StringComparison.Ordinal);
            Assert.DoesNotContain(managed, (await Page("/w/acme/projects/shop/environments")).Body, StringComparison.Ordinal);
        }

        Assert.Equal(writable, list.Body.Contains("secrets/new", StringComparison.Ordinal));
        var secret = Regex.Match(list.Body, "projects/shop/(secrets/[0-9a-f-]{36})").Groups[1].Value;
        var one = await Page($"/w/acme/projects/shop/{secret}");
        Assert.Equal((200, writable), (one.Status, one.Body.Contains($"{secret}/edit", StringComparison.Ordinal)));
        foreach (var path in new[] { "secrets/new", $"{secret}/edit", $"{secret}/delete" })
        {
            Assert.Equal(writable ? 200 : 405, (await Page($"/w/acme/projects/shop/{path}")).Status);
        }

        Assert.DoesNotContain("shop/import", list.Body, StringComparison.Ordinal);
        foreach (var path in new[] { "import", "environments/new", "edit" })
        {
            Assert.Equal(405, (await Page($"/w/acme/projects/shop/{path}")).Status);
        }

        Task<Answer> Page(string path) => world.Near.Anonymous.Send(HttpMethod.Get, path, null, request => request.Headers.Add("Cookie", cookie));
    }

    [Fact]
    public async Task The_doctor_and_the_metrics_tell_how_it_does()
    {
        await using var world = await RemoteWorld.Start();
        Assert.Equal("ok", await Finding());
        Assert.Contains("enkryptify_backend_up{backend=\"far\"} 1", (await world.Near.Operator.Get("/metrics")).Body, StringComparison.Ordinal);
        await world.Kill();
        world.Later();
        await world.Near.Operator.Get("/v1/workspace/acme/project");
        Assert.Equal("problem", await Finding());
        Assert.Contains("enkryptify_backend_up{backend=\"far\"} 0", (await world.Near.Operator.Get("/metrics")).Body, StringComparison.Ordinal);

        async Task<string> Finding() => (await world.Near.Operator.Get("/doctor")).Json["findings"]!.AsArray()
            .Single(finding => finding!["check"]!.GetValue<string>() == "backend")!["severity"]!.GetValue<string>();
    }

    /// <summary>What the workspace had of its own is neither shown nor lost.</summary>
    [Fact]
    public async Task Its_own_structure_is_hidden_while_a_backend_is_there()
    {
        await using var world = await RemoteWorld.Start();
        var backends = world.Near.Config.Backends;
        await world.Near.Restart(config => config with { Backends = [] });
        var team = (await world.Near.Operator.Post("/v1/workspace/acme/team", Json.Of(("name", "own")))).Json["id"]!.GetValue<string>();
        Assert.Equal(201, (await world.Near.Operator.Post("/v1/workspace/acme/project", Json.Of(("name", "Own"), ("slug", "own"), ("teamId", team)))).Status);
        await world.Near.Restart(config => config with { Backends = backends });
        Assert.Equal(404, (await world.Near.Operator.Get("/v1/workspace/acme/project/own")).Status);
        Assert.Equal(200, (await world.Near.Operator.Get("/v1/workspace/acme/project/shop")).Status);
        await world.Near.Restart(config => config with { Backends = [] });
        Assert.Equal(200, (await world.Near.Operator.Get("/v1/workspace/acme/project/own")).Status);
    }

    [Fact]
    public async Task Its_workspace_itself_is_managed_here()
    {
        await using var world = await RemoteWorld.Start();
        Assert.Equal(200, (await world.Near.Operator.Patch("/v1/workspace/acme", Json.Of(("name", "Headquarters")))).Status);
        Assert.Equal(200, (await world.Near.Operator.Get("/v1/workspace/acme/project/shop")).Status);
        Assert.Equal(200, (await world.Near.Operator.Delete("/v1/workspace/acme")).Status);
        Assert.Equal(200, (await world.Far.Operator.Get("/v1/workspace/acme/project/shop")).Status);
    }
}
