using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.SignIn;

/// <summary>The first owner of a new gateway, with the code that it printed.</summary>
public class FirstOwnerTests(Stage stage)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whoever_has_the_code_makes_the_first_account_and_its_workspace_once(bool scripts)
    {
        await using var house = await House.Unowned(stage);
        var code = house.Gateway.Gateway.FirstOwner.Open()!.Value.Reveal();
        await house.Browse(null, async tab =>
        {
            await tab.Go("/");
            await tab.IsAt("/first-owner");
            tab.Conduct.Allow(400);
            await tab.Fill("One-time code", "BCDFG-BCDFG-BCDFG-BCDFG");
            await tab.Fill("Your name", "Mara <b>Lindqvist</b>");
            await tab.Fill("E-mail", "mara@northwind.example");
            await tab.Fill("Password", People.Password);
            await tab.Fill("Workspace", "Northwind Freight");
            await tab.Press("Make the first owner");
            await tab.Sees("not the code");

            // Nothing typed is lost but the password, which no page ever sends back.
            Assert.Equal("Mara <b>Lindqvist</b>", await tab.Field("Your name").InputValueAsync());
            Assert.Equal("Northwind Freight", await tab.Field("Workspace").InputValueAsync());
            await tab.Fill("One-time code", " " + code.ToLowerInvariant() + " ");
            await tab.Fill("Password", People.Password);
            await tab.Press("Make the first owner");
            await tab.IsAt("/w/northwind-freight/credentials");
            Assert.DoesNotContain(tab.Conduct.Requested, url => url.Contains(code, StringComparison.OrdinalIgnoreCase));
            await tab.Go("/first-owner", 404);
        }, scripts);

        var owner = await house.Gateway.People.SignIn("mara@northwind.example");
        Assert.Equal("northwind-freight", (string)(await owner.Get("/v1/workspace")).Json[0]!["slug"]!);
    }
}
