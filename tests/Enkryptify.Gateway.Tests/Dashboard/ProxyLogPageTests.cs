using System.Net;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Tests.Forwarding.Proxy;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>The log of the proxy endpoint, as people read it: what went where with which names, never a value.</summary>
public class ProxyLogPageTests(ProxyLogPageTests.World world) : IClassFixture<ProxyLogPageTests.World>
{
    private const string Log = "/w/acme/forwarding/log";

    [Fact]
    public async Task A_request_is_a_line_without_values()
    {
        world.Upstream.Answer = context =>
        {
            context.Response.StatusCode = 418;
            return Task.CompletedTask;
        };
        Assert.Equal(418, (await world.Verbatim(ProxyWorld.Host + "/orders/%TOKEN%?key=%KEY%", "POST", ProxyWorld.Headers(("X-Odd", "%TOKEN%")))).Status);
        var browser = await Owner();
        Assert.Equal(200, (await browser.Get(Log)).Status);
        foreach (var part in new[] { "POST http://api.example.com", "/orders/%TOKEN%", "shop / dev", "TOKEN", "KEY", "418", " ms", "machine", "API token" })
        {
            Assert.Contains(part, browser.Text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("tok-1234567890", browser.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("shop-dev", browser.Page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("?key=", browser.Page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_refused_is_there_with_its_reason()
    {
        Assert.Equal(403, (await world.Verbatim("http://other.example.com/x")).Status);
        var browser = await Owner();
        await browser.Get(Log + "?host=other.example.com");
        Assert.Contains("not sent", browser.Text, StringComparison.Ordinal);
        Assert.Contains("host not allowed", browser.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("api.example.com", browser.Text, StringComparison.Ordinal);
        await browser.Get(Log + "?actor=nobody+at+all");
        Assert.Contains("No request matches", browser.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("member", null, "acme", 403)]
    [InlineData("developer", null, "acme", 403)]
    [InlineData("admin", null, "acme", 200)]
    [InlineData("admin", "shop", "acme", 403)]
    [InlineData("admin", null, "other", 404)]
    public async Task It_is_for_whoever_may_read_the_audit_log(string role, string? project, string workspace, int status)
    {
        var person = await world.Gateway.People.Join(role, project is null ? null : Json.Scope(projects: [world.Acme.Id(project)]), workspace);
        var browser = await PageBrowser.Of(world.Gateway, person.Email);
        Assert.Equal(status, (await browser.Get(Log)).Status);
    }

    [Fact]
    public async Task Older_requests_are_a_page_away_newest_first_and_none_is_left_out_or_shown_twice()
    {
        world.Upstream.Answer = _ => Task.CompletedTask;
        await world.Allow(ProxyWorld.Host, "http://paged.example.com");
        world.Network.Name("paged.example.com", [TestNetwork.Public.ToString()]);
        for (var i = 0; i < 120; i++)
        {
            Assert.Equal(200, (await world.Verbatim($"http://paged.example.com/n{i}")).Status);
        }

        var browser = await Owner();
        var seen = new List<int>();
        for (var next = Log + "?host=paged.example.com"; next is not null; next = Older(browser.Page.Body))
        {
            await browser.Get(next);
            seen.AddRange(Regex.Matches(browser.Page.Body, "title=\"/n([0-9]+)\"").Select(match => int.Parse(match.Groups[1].Value, null)));
            Assert.True(seen.Count <= 120);
        }

        Assert.Equal(Enumerable.Range(0, 120).Reverse(), seen);

        static string? Older(string body) => Regex.Match(body, "href=\"([^\"]*before=[0-9]+)\">Older") is { Success: true } match ? WebUtility.HtmlDecode(match.Groups[1].Value) : null;
    }

    [Fact]
    public async Task Hostile_paths_are_text()
    {
        await world.Verbatim(ProxyWorld.Host + "/\"><script>alert(1)</script>");
        var browser = await Owner();
        await browser.Get(Log);
        Assert.DoesNotContain("<script>alert", browser.Page.Body, StringComparison.Ordinal);
        Assert.Contains("\"><script>alert(1)</script>", WebUtility.HtmlDecode(browser.Page.Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_log_says_what_to_do()
    {
        var browser = await Owner();
        await browser.Get("/w/other/forwarding/log");
        Assert.Contains("Nothing was sent yet", browser.Text, StringComparison.Ordinal);
        Assert.Contains("href=\"/w/other/forwarding/origins\"", browser.Page.Body, StringComparison.Ordinal);
    }

    private async Task<PageBrowser> Owner() => await PageBrowser.Of(world.Gateway, (await world.Gateway.People.Owner()).Email);

    public sealed class World : ProxyWorld;
}
