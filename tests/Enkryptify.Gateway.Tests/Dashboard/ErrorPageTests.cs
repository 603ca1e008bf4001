using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>People get a page, programs get JSON.</summary>
public class ErrorPageTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;

    [Theory]
    [InlineData("/nothing", true)]
    [InlineData("/w/acme/nothing", true)]
    [InlineData("/v1/nothing", false)]
    [InlineData("/auth/nothing", false)]
    [InlineData("/assets/x/y", false)]
    public async Task A_browser_that_asks_for_a_page_gets_one_where_people_go(string path, bool page)
    {
        var browser = new PageBrowser(gateway);
        var answer = await browser.Get(path);
        Assert.Equal(404, answer.Status);
        Assert.StartsWith(page ? "text/html" : "application/json", answer.Headers["Content-Type"], StringComparison.Ordinal);
        if (page)
        {
            Assert.Contains("Not found", browser.Text, StringComparison.Ordinal);
            Assert.StartsWith("default-src 'none'", answer.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        }

        var program = await gateway.Anonymous.Get("/nothing");
        Assert.Equal("route_not_found", program.Code);
    }

    [Fact]
    public async Task A_workspace_of_others_is_a_page_that_says_nothing_of_it()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Join("admin", workspace: "other")).Email);
        foreach (var route in gateway.Gateway.Routes.Routes.Where(route => route.Method == "GET" && route.Pattern.StartsWith("/w/{ws}/", StringComparison.Ordinal)))
        {
            var path = Http.Routes.Filled(route.Pattern);
            var (theirs, none) = (await browser.Get(path), await browser.Get(path.Replace("/acme/", "/nowhere/", StringComparison.Ordinal)));
            Assert.Equal((404, 404), (theirs.Status, none.Status));
            Assert.DoesNotContain("Acme", theirs.Body, StringComparison.OrdinalIgnoreCase);
        }
    }
}
