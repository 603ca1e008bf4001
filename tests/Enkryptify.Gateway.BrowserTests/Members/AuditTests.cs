using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.Members;

/// <summary>The audit log as somebody reads it who looks for one thing.</summary>
public class AuditTests(Stage stage)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_filtered_by_who_what_and_when(bool scripts)
    {
        var house = stage.House;
        var name = $"sought {(scripts ? "with" : "without")} scripts";
        var made = await house.Developer.Api.Post("/v1/workspace/acme/tokens", Json.Of(("name", name), ("permission", "read"), ("scope", Json.Everything), ("expiresIn", "30d")));
        Assert.Equal(201, made.Status);
        await house.Browse(house.Admin, async tab =>
        {
            await tab.Go("/w/acme/audit");
            await Filter(tab, ("target", name));
            await tab.Sees(name);
            await Expect(tab.Page.Locator("tbody tr")).ToHaveCountAsync(1);
            await tab.Page.Locator("tbody summary").ClickAsync();
            await Expect(tab.Page.Locator("tbody dl")).ToContainTextAsync(made.Json["prefix"]!.GetValue<string>());
            await Filter(tab, ("actor", "nobody by this name"));
            await tab.Sees("No entry matches");
            await Filter(tab, ("actor", ""), ("to", "2026-05-31"));
            await tab.Sees("No entry matches");
            await Filter(tab, ("from", "2026-06-01"), ("to", "2026-06-01"));
            await tab.Sees(name);
        }, scripts);

        async Task Filter(Tab tab, params (string Name, string Value)[] fields)
        {
            foreach (var (field, value) in fields)
            {
                await tab.Page.Locator($".filter [name={field}]").FillAsync(value);
            }

            await tab.Page.Locator(".filter [name=actor]").PressAsync("Enter");
            await tab.Page.WaitForURLAsync(url => fields.All(field => field.Value.Length == 0 || url.Contains(field.Name + "=", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task The_chain_is_verified(bool scripts) => stage.House.Browse(stage.House.Admin, async tab =>
    {
        await tab.Go("/w/acme/audit");
        await tab.Press("Verify the log");
        await tab.Sees("The audit log verifies");
        if (scripts)
        {
            await Inspection.Inspect(tab, "audit-verified");
        }
    }, scripts);
}
