using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.Credentials;

/// <summary>API tokens from the first page to the API: create, use, rotate, revoke.</summary>
public class TokenTests(Stage stage)
{
    private const string Credentials = "/w/acme/credentials";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_token_is_made_used_rotated_and_revoked(bool scripts) => stage.House.Browse(stage.House.Developer, async tab =>
    {
        var name = $"deploy <b>{scripts}</b>";
        await tab.Go(Credentials);
        await tab.Link("Create credential").ClickAsync();
        await tab.Page.GetByText("API Token").First.ClickAsync();
        await tab.Fill("Name", name);
        await tab.Page.GetByText("Read & Write").ClickAsync();
        await Tick(tab, stage.House.Acme.ShopDev);
        await tab.Page.GetByLabel("Expiration").SelectOptionAsync("60d");
        await tab.Press("Create API token");
        var first = await Shown(tab);
        Assert.Equal(200, await Reads(first, "shop", stage.House.Acme.ShopDev));
        Assert.Equal(404, await Reads(first, "shop", stage.House.Acme.ShopProd));
        await IsKeptNowhere(tab, first);

        await tab.Go(Credentials);
        await tab.Choose(name, "Rotate…");
        await tab.Sees("The old value and every JWT that was issued for it stop working at once");
        await tab.Press("Rotate");
        var second = await Shown(tab);
        Assert.NotEqual(first, second);
        Assert.Equal(401, (await stage.House.Gateway.Bearer(first).Post("/v1/auth/exchange")).Status);
        Assert.Equal(200, await Reads(second, "shop", stage.House.Acme.ShopDev));
        await IsKeptNowhere(tab, second);

        await tab.Go(Credentials);
        await tab.Choose(name, "Revoke…");
        await tab.Press("Revoke");
        await tab.IsAt(Credentials);
        await Expect(tab.Page.GetByRole(AriaRole.Row).Filter(new LocatorFilterOptions { HasText = name })).ToContainTextAsync("Revoked");
        Assert.Equal(401, (await stage.House.Gateway.Bearer(second).Post("/v1/auth/exchange")).Status);
    }, scripts);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_mistake_is_shown_beside_its_field_and_nothing_is_lost(bool scripts) => stage.House.Browse(stage.House.Developer, async tab =>
    {
        await tab.Go(Credentials + "/new/token");
        tab.Conduct.Allow(400);
        await tab.Fill("Name", "a name with a } in it");
        await tab.Page.GetByText("Read & Write").ClickAsync();
        await tab.Page.GetByLabel("Expiration").SelectOptionAsync("6m");
        await tab.Press("Create API token");
        await tab.Sees("must not contain control characters or }", ignoreCase: true);
        await tab.Sees("Tick at least one team, project or environment");
        Assert.Equal("a name with a } in it", await tab.Field("Name").InputValueAsync());
        Assert.True(await tab.Page.Locator("input[name=permission][value=read-write]").IsCheckedAsync());
        Assert.Equal("6m", await tab.Page.GetByLabel("Expiration").InputValueAsync());
    }, scripts);

    /// <summary>What is ticked above is ticked below; what is unticked below takes the tick away above; the words on the next page are the least that says it.</summary>
    [Fact]
    public Task The_tree_cascades_and_simplifies() => stage.House.Browse(stage.House.Developer, async tab =>
    {
        var acme = stage.House.Acme;
        await tab.Go(Credentials + "/new/token");
        await Tick(tab, acme.Red);
        foreach (var below in (string[])[acme.Shop, acme.Site, acme.ShopDev, acme.ShopProd, acme.SiteDev])
        {
            Assert.True(await Box(tab, below).IsCheckedAsync(), below);
        }

        Assert.False(await Box(tab, acme.Bank).IsCheckedAsync());
        await Box(tab, acme.ShopProd).ClickAsync();
        Assert.False(await Box(tab, acme.Red).IsCheckedAsync());
        Assert.False(await Box(tab, acme.Shop).IsCheckedAsync());
        Assert.True(await Box(tab, acme.ShopDev).IsCheckedAsync());
        await tab.Fill("Name", "from a tree");
        await tab.Press("Create API token");
        var token = await Shown(tab);
        Assert.Equal(200, await Reads(token, "shop", acme.ShopDev));
        Assert.Equal(200, await Reads(token, "site", acme.SiteDev));
        Assert.Equal(404, await Reads(token, "shop", acme.ShopProd));
    });

    [Fact]
    public async Task What_nobody_may_lend_is_not_offered_and_refused_when_sent()
    {
        var acme = stage.House.Acme;
        var confined = await stage.House.Gateway.People.Join("member", Json.Scope(projects: [acme.Shop]));
        var foreign = await stage.House.Gateway.Machine(scope: Json.Scope(environments: [acme.BankDev]));
        await stage.House.Browse(confined, async tab =>
        {
            await tab.Go(Credentials + "/new/token");
            Assert.Equal(0, await tab.Page.Locator("input[name=permission][value=read-write]:enabled").CountAsync());
            Assert.Equal(0, await tab.Page.Locator("input[value=all]").CountAsync());
            Assert.Equal(0, await Box(tab, acme.Bank).CountAsync());
            Assert.Equal(0, await Box(tab, acme.Red).CountAsync());
            (string, string)[] common = [("name", "forged"), ("expiresIn", "30d")];
            Assert.Equal(403, await tab.Forge(Credentials + "/new/token", [.. common, ("permission", "read-write"), ("access", "chosen"), ("project", acme.Shop)]));
            Assert.Equal(403, await tab.Forge(Credentials + "/new/token", [.. common, ("permission", "read"), ("access", "all")]));
            Assert.Equal(403, await tab.Forge(Credentials + "/new/token", [.. common, ("permission", "read"), ("access", "chosen"), ("team", acme.Red)]));
            Assert.Equal(200, await tab.Forge(Credentials + "/new/token", [.. common, ("permission", "read"), ("access", "chosen"), ("project", acme.Shop)]));

            // Somebody else's credential is not there for who may only manage their own.
            await tab.Go(Credentials);
            await tab.SeesNo("machine");
            tab.Conduct.Allow(404);
            await tab.Go($"{Credentials}/{foreign.Id}", 404);
            await tab.Go(Credentials + "/new/token");
            Assert.Equal(404, await tab.Forge($"{Credentials}/{foreign.Id}/revoke"));
            Assert.Equal(404, await tab.Forge($"{Credentials}/{foreign.Id}/rotate"));
        });
        Assert.Equal(200, (await stage.House.Gateway.Bearer(foreign.Token).Post("/v1/auth/exchange")).Status);
    }

    [Fact]
    public Task The_page_that_shows_a_token_is_for_everybody_too() => stage.House.Browse(stage.House.Developer, async tab =>
    {
        await tab.Go(Credentials + "/new/token");
        await tab.Fill("Name", "to look at");
        await Tick(tab, stage.House.Acme.ShopDev);
        await tab.Press("Create API token");
        await Shown(tab);
        await Inspection.Inspect(tab, "token-issued");
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_list_is_filtered_by_text_and_kind(bool scripts)
    {
        foreach (var name in (string[])["needle one", "needle two", "hay"])
        {
            await stage.House.Gateway.Operator.Post("/v1/workspace/other/tokens", Json.Of(("name", name), ("permission", "read"), ("scope", Json.Everything), ("expiresIn", "30d")));
        }

        await stage.House.Browse(stage.House.Owner, async tab =>
        {
            await tab.Go("/w/other/credentials");
            await tab.Sees("hay");
            await tab.Page.Locator("input[name=text]").FillAsync("NEEDLE");
            await tab.Page.Locator("input[name=text]").PressAsync("Enter");
            await tab.SeesNo("hay");
            await tab.Sees("needle one");
            await tab.Sees("needle two");
            Assert.Contains("text=NEEDLE", tab.Path, StringComparison.Ordinal);
            await tab.Page.Locator("select[name=kind]").SelectOptionAsync(new SelectOptionValue { Label = "Kubernetes" });
            if (!scripts)
            {
                await tab.Press("Filter");
            }

            await tab.Sees("Nothing fits this filter");
        }, scripts);
    }

    private static ILocator Box(Tab tab, string id) => tab.Page.Locator($".tree input[value='{id}']");

    private static async Task Tick(Tab tab, string id)
    {
        if (await tab.Page.Locator("input[name=access][value=chosen][type=radio]").CountAsync() == 1)
        {
            await tab.Page.Locator("input[name=access][value=chosen]").CheckAsync();
        }

        await Box(tab, id).CheckAsync();
    }

    /// <summary>The value that the page shows this once, and the command with it.</summary>
    private static async Task<string> Shown(Tab tab)
    {
        var token = await tab.Field("API token").InputValueAsync();
        Assert.Matches("^ek_live_[0-9A-Za-z]{42}$", token);
        await tab.Sees($"curl -s -X POST {new Uri(tab.Page.Url).GetLeftPart(UriPartial.Authority)}/v1/auth/exchange -H 'Authorization: Bearer {token}'");
        return token;
    }

    private async Task<int> Reads(string apiToken, string project, string environment) =>
        (await stage.House.Gateway.Bearer(await stage.House.Gateway.Exchange(apiToken)).Get($"/v1/workspace/acme/project/{project}/secret/KEY?environmentId={environment}")).Status;

    /// <summary>Not in an address, not in storage, not behind the back button, not behind the forward button.</summary>
    private static async Task IsKeptNowhere(Tab tab, string token)
    {
        if (tab.Scripts)
        {
            Assert.DoesNotContain(token, await tab.Page.EvaluateAsync<string>("() => JSON.stringify([{...localStorage}, {...sessionStorage}, history.state, location.href])"), StringComparison.Ordinal);
        }

        await tab.Link("Done").ClickAsync();
        await tab.IsAt(Credentials);
        Assert.DoesNotContain(token, await tab.Page.ContentAsync(), StringComparison.Ordinal);
        tab.Conduct.AllowText("ERR_CACHE_MISS");
        Assert.DoesNotContain(token, await tab.Back(), StringComparison.Ordinal);
        Assert.DoesNotContain(tab.Conduct.Requested, url => url.Contains(token, StringComparison.Ordinal));
    }
}
