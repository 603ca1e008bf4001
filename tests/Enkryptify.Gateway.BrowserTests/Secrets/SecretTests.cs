using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.Secrets;

/// <summary>Secrets as a developer handles them: add, reveal, change, delete, import, export.</summary>
public class SecretTests(Stage stage)
{
    private const string Shop = "/w/acme/projects/shop";

    private static string Name(string what, bool scripts) => $"{what}_{(scripts ? "WITH" : "WITHOUT")}_SCRIPTS";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_secret_is_added_revealed_changed_and_deleted(bool scripts) => stage.House.Browse(stage.House.Developer, async tab =>
    {
        var name = Name("ADDED", scripts);
        const string value = "first line \"quoted\"\n  second <b>line</b> \u202e${X} %\n";
        await tab.Go(Shop);
        await tab.Link("Add secret").ClickAsync();
        tab.Conduct.Allow(400);
        await tab.Fill("Name", name);
        await tab.Page.Locator("#f-note").FillAsync("<i>what</i> for");
        await tab.Page.Locator("#f-value").FillAsync(value);
        await tab.Press("Add secret");
        await tab.Sees("Tick at least one environment");
        Assert.Equal(value, await tab.Page.Locator("#f-value").InputValueAsync());
        await tab.Page.Locator($"input[name=environment][value='{stage.House.Acme.ShopDev}']").CheckAsync();
        await tab.Press("Add secret");
        await tab.IsAt(Shop);
        await tab.Sees("Added " + name);
        Assert.DoesNotContain("second &lt;b", await tab.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.Equal(value, await Stored(name));

        await tab.Press($"Reveal {name} in dev");
        await Expect(Open(tab)).ToHaveValueAsync(value);
        await IsKeptNowhere(tab, "second <b>");
        await Open(tab).FillAsync(value + "third");
        await tab.Press("Save");
        await tab.Sees($"Saved {name} in dev");
        Assert.Equal(value + "third", await Stored(name));
        Assert.DoesNotContain("second &lt;b", await tab.Page.ContentAsync(), StringComparison.Ordinal);
        await Stays(tab, "second");

        await tab.Go(Shop);
        await Row(tab, name).Locator("details.menu summary").ClickAsync();
        await Row(tab, name).GetByRole(AriaRole.Link, new LocatorGetByRoleOptions { Name = "Delete", Exact = true }).ClickAsync();
        await tab.Page.Locator("dialog:modal button.danger, main button.danger").First.ClickAsync();
        await tab.IsAt(Shop);
        await Expect(Row(tab, name)).ToHaveCountAsync(0);
        Assert.Null(await Stored(name));
    }, scripts);

    /// <summary>What was revealed is not behind the back button, and is in the audit log as one read.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_revealed_value_does_not_come_back(bool scripts)
    {
        var name = Name("REVEALED", scripts);
        await Store(name, "never-to-be-seen-again", stage.House.Acme.ShopDev);
        await stage.House.Browse(stage.House.Member, async tab =>
        {
            await tab.Go(Shop);
            await tab.Press($"Reveal {name} in dev");
            await Expect(Open(tab)).ToHaveValueAsync("never-to-be-seen-again");
            Assert.Equal(0, await tab.Button("Save").CountAsync());
            await tab.Go("/account");
            tab.Conduct.AllowText("ERR_CACHE_MISS");
            Assert.DoesNotContain("never-to-be-seen-again", await tab.Back(), StringComparison.Ordinal);
            await IsKeptNowhere(tab, "never-to-be-seen-again");
        }, scripts);
        var read = Assert.Single((await stage.House.Gateway.Operator.Get($"/v1/workspace/acme/audit?action=VIEW&target={name}")).Json.AsArray());
        Assert.Equal(stage.House.Member.Email, read!["actor"]!["name"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_personal_value_is_ones_own(bool scripts)
    {
        var name = Name("PERSONAL", scripts);
        await Store(name, "shared-value", stage.House.Acme.ShopDev);
        await stage.House.Browse(stage.House.Member, async tab =>
        {
            await tab.Go(Shop);
            await tab.Link(name).ClickAsync();
            await tab.Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = $"Set your own {name} in dev" }).ClickAsync();
            await Open(tab).FillAsync("mine alone");
            await tab.Press("Save");
            await tab.Sees($"Saved your own value of {name} in dev");
            await tab.Go(Shop);
            await tab.Press($"Reveal your own {name} in dev");
            await Expect(Open(tab)).ToHaveValueAsync("mine alone");
        }, scripts);
        Assert.Equal("shared-value", await Stored(name));
        Assert.Contains("mine alone", await Personal.Values(stage.House.Member.Api, "shop", name, stage.House.Acme.ShopDev));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_file_is_imported_after_a_look_and_exported_again(bool scripts) => stage.House.Browse(stage.House.Developer, async tab =>
    {
        var prefix = Name("FILE", scripts);
        await Store(prefix + "_OLD", "before", stage.House.Acme.ShopProd);
        await tab.Go(Shop + "/import");
        tab.Conduct.Allow(400);
        await tab.Page.Locator("#f-environment").SelectOptionAsync(stage.House.Acme.ShopProd);
        await tab.Page.Locator("#f-text").FillAsync($"{prefix}_NEW='two words'\n{prefix}_OLD=after\nthis is no assignment\n");
        await tab.Press("Preview");
        await tab.Sees("Line 3");
        Assert.Null(await Stored(prefix + "_NEW", stage.House.Acme.ShopProd));
        await tab.Page.Locator("#f-text").FillAsync($"{prefix}_NEW='two words'\n{prefix}_OLD=after\n");
        await tab.Press("Preview again");
        await tab.Sees("1 new");
        await tab.Sees("1 changed");
        if (scripts)
        {
            await Inspection.Inspect(tab, "import-preview");
        }

        Assert.Equal("before", await Stored(prefix + "_OLD", stage.House.Acme.ShopProd));
        await tab.Press("Import 2");
        await tab.Sees("1 new, 1 changed");
        Assert.Equal(("two words", "after"), (await Stored(prefix + "_NEW", stage.House.Acme.ShopProd), await Stored(prefix + "_OLD", stage.House.Acme.ShopProd)));

        await tab.Go(Shop + "/export");
        await tab.Page.Locator("#f-environment").SelectOptionAsync(stage.House.Acme.ShopProd);
        var download = await tab.Page.RunAndWaitForDownloadAsync(() => tab.Press("Download"));
        using var reader = new StreamReader(await download.CreateReadStreamAsync());
        var file = await reader.ReadToEndAsync();
        Assert.Matches($"(?m)^{prefix}_NEW=.*two words", file);
        Assert.Matches($"(?m)^{prefix}_OLD=.?after", file);
    }, scripts);

    [Fact]
    public async Task Who_only_reads_is_offered_no_change_and_refused_one()
    {
        await Store("READ_ONLY", "stays", stage.House.Acme.ShopDev);
        var id = (await stage.House.Gateway.Operator.Get("/v1/workspace/acme/project/shop/secret/READ_ONLY")).Json["id"]!.GetValue<string>();
        var (dev, page) = (stage.House.Acme.ShopDev, $"{Shop}/secrets/{id}");
        await stage.House.Browse(stage.House.Member, async tab =>
        {
            tab.Conduct.Allow(403);
            foreach (var path in (string[])[$"{Shop}/secrets/new", $"{Shop}/import", $"{page}/edit", $"{page}/delete", $"{page}/{dev}/shared/edit", $"{page}/{dev}/shared/delete", $"{Shop}/edit", $"{Shop}/environments/new", "/w/acme/teams/new"])
            {
                await tab.Go(path, 403);
            }

            await tab.Go(Shop);
            Assert.Equal(0, await tab.Link("Add secret").CountAsync());
            Assert.Equal(0, await tab.Link("Import").CountAsync());
            Assert.Equal(403, await tab.Forge($"{Shop}/secrets/new", ("name", "FORGED"), ("value", "x"), ("environment", dev)));
            Assert.Equal(403, await tab.Forge($"{page}/{dev}/shared/edit", ("value", "forged")));
            Assert.Equal(403, await tab.Forge($"{page}/{dev}/shared/delete"));
            Assert.Equal(403, await tab.Forge($"{page}/edit", ("name", "FORGED"), ("note", "")));
            Assert.Equal(403, await tab.Forge($"{page}/delete"));
            Assert.Equal(403, await tab.Forge($"{Shop}/edit", ("name", "FORGED"), ("slug", "forged")));
            Assert.Equal(403, await tab.Forge($"{Shop}/delete", ("typed", "shop")));
            Assert.Equal(403, await tab.Forge($"{Shop}/environments/new", ("name", "FORGED")));
            Assert.Equal(403, await tab.Forge("/w/acme/teams/new", ("name", "FORGED")));
        });
        Assert.Equal("stays", await Stored("READ_ONLY"));
        Assert.DoesNotContain("FORGED", (await stage.House.Gateway.Operator.Get("/v1/workspace/acme/project/shop/secret")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_lies_outside_ones_scope_is_not_there()
    {
        var confined = await stage.House.Gateway.People.Join("developer", Json.Scope(environments: [stage.House.Acme.ShopDev]));
        await stage.House.Browse(confined, async tab =>
        {
            tab.Conduct.Allow(404);
            await tab.Go("/w/acme/projects");
            await tab.SeesNo("bank");
            await tab.Go("/w/acme/projects/bank", 404);
            await tab.Go("/w/other/projects", 404);
            await tab.Go(Shop);
            await tab.SeesNo("prod");
            var key = (await stage.House.Gateway.Operator.Get("/v1/workspace/acme/project/shop/secret/KEY")).Json["id"]!.GetValue<string>();
            Assert.Equal(200, await tab.Forge($"{Shop}/secrets/{key}/{stage.House.Acme.ShopDev}/shared/reveal"));
            Assert.Equal(404, await tab.Forge($"{Shop}/secrets/{key}/{stage.House.Acme.ShopProd}/shared/reveal"));
            Assert.Equal(404, await tab.Forge($"{Shop}/secrets/{key}/{stage.House.Acme.ShopProd}/shared/edit", ("value", "forged")));
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_project_is_made_and_deleted_with_its_name_typed(bool scripts) => stage.House.Browse(stage.House.Admin, async tab =>
    {
        var slug = scripts ? "made-with" : "made-without";
        await tab.Go($"/w/acme/teams/{stage.House.Acme.Blue}/projects/new");
        await tab.Page.Locator("#f-name").FillAsync($"Made <{slug}>");
        await tab.Page.Locator("#f-slug").FillAsync(slug);
        await tab.Page.Locator("main button.primary").ClickAsync();
        await tab.Go($"/w/acme/projects/{slug}/environments/new");
        await tab.Page.Locator("#f-name").FillAsync("dev");
        await tab.Page.Locator("main button.primary").ClickAsync();
        await tab.Go($"/w/acme/projects/{slug}/secrets/new");
        await tab.Fill("Name", "HELD");
        await tab.Page.Locator("#f-value").FillAsync("x");
        await tab.Press("Add secret");
        await tab.Go($"/w/acme/projects/{slug}/delete");
        tab.Conduct.Allow(400);
        await tab.Page.Locator("#f-typed").FillAsync("something else");
        await tab.Press("Delete project");
        await tab.Sees("Nothing was deleted.");
        await tab.Page.Locator("#f-typed").FillAsync($"Made <{slug}>");
        await tab.Press("Delete project");
        await tab.Sees($"Deleted the project Made <{slug}>");
        await tab.Go($"/w/acme/projects/{slug}", 404);
    }, scripts);

    private static ILocator Open(Tab tab) => tab.Page.Locator("textarea[data-value]");

    private static ILocator Row(Tab tab, string text) => tab.Page.GetByRole(AriaRole.Row).Filter(new LocatorFilterOptions { HasText = text });

    private async Task Store(string name, string value, string environment)
    {
        var stored = await stage.House.Gateway.Operator.Post("/v1/workspace/acme/project/shop/secret", Json.Secret(name, value, [environment]));
        Assert.True(stored.Status == 201, stored.Body);
    }

    private async Task<string?> Stored(string name, string? environment = null)
    {
        var answer = await stage.House.Gateway.Operator.Get($"/v1/workspace/acme/project/shop/secret/{name}?environmentId={environment ?? stage.House.Acme.ShopDev}");
        return answer.Status == 200 ? answer.Json["values"]![0]!["value"]!.GetValue<string>() : null;
    }

    private static async Task IsKeptNowhere(Tab tab, string value)
    {
        Assert.DoesNotContain(tab.Conduct.Requested, url => Uri.UnescapeDataString(url).Contains(value, StringComparison.Ordinal));
        if (tab.Scripts)
        {
            Assert.DoesNotContain(value, await tab.Page.EvaluateAsync<string>("() => JSON.stringify([{...localStorage}, {...sessionStorage}, history.state, location.href])"), StringComparison.Ordinal);
        }
    }

    /// <summary>The value is in no page that the browser goes back to.</summary>
    private static async Task Stays(Tab tab, string value)
    {
        tab.Conduct.AllowText("ERR_CACHE_MISS");
        Assert.DoesNotContain(value + " &lt;b", await tab.Back(), StringComparison.Ordinal);
    }
}
