using System.Text.RegularExpressions;
using Enkryptify.Gateway.Dashboard;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Tests.Http;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>What holds for each page there is, by walking the route table: who gets in, with which headers, and from where a form may come.</summary>
public partial class PageRouteTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    /// <summary>A line here is a decision.</summary>
    private static readonly string[] Open =
    [
        "GET /sign-in", "POST /sign-in", "GET /first-owner", "POST /first-owner", "GET /invite/{code}", "POST /invite/{code}", "GET /invite/{code}/decline",
        "POST /invite/{code}/decline",
    ];

    private readonly TestGateway gateway = shared.Gateway;

    private List<GatewayRoute> Pages => [.. gateway.Gateway.Routes.Routes.Where(route => route.Access is PageAccess)];

    private List<GatewayRoute> Closed => [.. Pages.Where(route => route.Access is PageAccess { OpenBecause: null })];

    private List<GatewayRoute> Forms => [.. Pages.Where(route => route.Method == "POST")];

    [Fact]
    public void What_anybody_may_open_is_on_the_list_and_says_why()
    {
        Assert.Equal(Open.Order(), Pages.Where(route => route.Access is PageAccess { OpenBecause.Length: > 10 }).Select(Name).Order());
        Assert.All(Pages, route => Assert.True(route.Method is "GET" or "POST", Name(route)));
        Assert.All(Pages, route => Assert.True(PagePaths.Hold(route.Pattern), Name(route)));
        Assert.Equal("GET /assets/{version}/{name}", Assert.Single(gateway.Gateway.Routes.Routes, route => route.Access is AssetAccess) is { } one ? Name(one) : "");
        Assert.Equal(gateway.Gateway.Routes.Routes.Count, gateway.Gateway.Routes.Routes.Select(Name).Distinct().Count());
    }

    [Fact]
    public async Task Who_is_not_signed_in_is_sent_to_sign_in_and_changes_nothing()
    {
        var before = TableDump.Of(gateway);
        Assert.True(Closed.Count > 5);
        foreach (var route in Closed)
        {
            var browser = new PageBrowser(gateway);
            var path = Routes.Filled(route.Pattern);
            var answer = route.Method == "GET" ? await browser.Get(path) : await browser.Post(path, ("name", "walked"));
            Assert.True(answer.Status == 303 && browser.Location.StartsWith("/sign-in", StringComparison.Ordinal), $"{Name(route)}: {answer.Status}");
            if (route.Method == "GET" && path != "/")
            {
                Assert.Equal("/sign-in?next=" + Uri.EscapeDataString(path), browser.Location);
            }

            AssertHeaders(route, answer);
        }

        Assert.Equal(before, TableDump.Of(gateway));
    }

    /// <summary>After signing in again one comes back to a page: a path that only takes forms would be 405.</summary>
    [Fact]
    public async Task What_a_form_leads_back_to_is_a_page()
    {
        var person = await PageBrowser.Of(gateway, (await gateway.People.Owner()).Email);
        foreach (var route in Forms.Where(Closed.Contains))
        {
            var browser = new PageBrowser(gateway);
            await browser.Post(Routes.Filled(route.Pattern));
            var next = browser.Location.Contains("next=", StringComparison.Ordinal) ? Uri.UnescapeDataString(browser.Location.Split("next=")[1].Split('&')[0]) : "/";
            Assert.NotEqual(405, (await person.Get(next)).Status);
        }
    }

    [Fact]
    public async Task A_bearer_token_opens_no_page()
    {
        var person = await gateway.People.Join("admin");
        var (_, _, machine) = await gateway.Machine();
        foreach (var route in Closed.Where(route => route.Method == "GET"))
        {
            var path = Routes.Filled(route.Pattern);
            Assert.True((await person.Api.Get(path)).Status == 303 && (await machine.Get(path)).Status == 303, Name(route));

            // Nor does the admin socket, whose client follows where it is sent.
            Assert.Contains("<h1>Sign in</h1>", (await gateway.Operator.Get(path)).Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_session_cookie_opens_nothing_under_v1()
    {
        var cookie = await gateway.People.Cookie((await gateway.People.Join("admin")).Email);
        foreach (var route in gateway.Gateway.Routes.Api.Where(route => route.Pattern.StartsWith("/v1", StringComparison.Ordinal) && route.Access is not AnonymousAccess))
        {
            var answer = await gateway.Anonymous.Send(new HttpMethod(route.Method), Routes.Filled(route.Pattern), null, request => request.Headers.Add("Cookie", cookie));
            Assert.True(answer.Status == 401, $"{Name(route)}: {answer.Status}");
        }
    }

    [Fact]
    public async Task A_form_from_another_site_or_without_its_own_token_is_refused_and_changes_nothing()
    {
        var owner = await gateway.People.Owner();
        var (own, other) = (await PageBrowser.Of(gateway, owner.Email), await PageBrowser.Of(gateway, owner.Email));
        await own.Get("/account");
        await other.Get("/account");
        var (token, foreign) = (own.Token!, other.Token!);
        Assert.NotEqual(token, foreign);
        var before = TableDump.Of(gateway);
        foreach (var route in Forms)
        {
            var path = Routes.Filled(route.Pattern);
            foreach (var (site, sent) in new[] { ("cross-site", token), ("same-site", token), ("same-origin", ""), ("same-origin", foreign), ("same-origin", token[..^1] + (token[^1] == 'A' ? 'E' : 'A')) })
            {
                var answer = await own.PostBare(path, site, (Visit.TokenField, sent), ("name", "walked"), ("approved", "true"));
                Assert.True(answer.Status == 403, $"{Name(route)} {site}: {answer.Status}");
                AssertHeaders(route, answer);
            }

            var json = await gateway.Anonymous.Send(HttpMethod.Post, path, new StringContent("{}", null, "application/json"), request => request.Headers.Add("Cookie", "__Host-ekgw-session=" + own.Cookie("__Host-ekgw-session")));
            Assert.True(json.Status == 415, $"{Name(route)} as JSON: {json.Status}");
        }

        Assert.Equal(before, TableDump.Of(gateway));
    }

    [Fact]
    public async Task Each_page_keeps_to_the_policy_that_it_declares()
    {
        var browser = await PageBrowser.Of(gateway, (await gateway.People.Owner()).Email);
        var shown = 0;
        foreach (var route in Pages.Where(route => route.Method == "GET"))
        {
            var answer = await browser.Get(Routes.Filled(route.Pattern));
            AssertHeaders(route, answer);
            if (answer.Headers.TryGetValue("Content-Type", out var type))
            {
                Assert.Equal("text/html; charset=utf-8", type);
                Assert.True(Forbidden().Match(answer.Body) is { Success: false } match, $"{Name(route)} holds {Forbidden().Match(answer.Body).Value}");
                Assert.StartsWith("<!doctype html>", answer.Body, StringComparison.Ordinal);
                Assert.All(PostForms().Matches(answer.Body), form => Assert.Contains(Visit.TokenField, form.Value, StringComparison.Ordinal));
                shown++;
            }
        }

        Assert.True(shown > 5);

    }

    private static void AssertHeaders(GatewayRoute route, Answer answer)
    {
        string[] expected = [Policy, "DENY", "nosniff", "no-referrer", "same-origin", "same-origin", "no-store"];
        string[] names = ["Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Cache-Control"];
        Assert.True(expected.SequenceEqual(names.Select(name => answer.Headers.GetValueOrDefault(name, ""))), $"{Name(route)} lacks a header");
    }

    private static string Name(GatewayRoute route) => $"{route.Method} {route.Pattern}";

    /// <summary>Inline script or style, a handler, or anything that loads from elsewhere.</summary>
    [GeneratedRegex("""<script(?![^>]*\ssrc="/assets/)|<style|\sstyle=|\son[a-z]+=|javascript:|(?:src|href|action)="(?:https?:)?//""", RegexOptions.IgnoreCase)]
    private static partial Regex Forbidden();

    [GeneratedRegex("""<form[^>]*method="post".*?</form>""", RegexOptions.Singleline)]
    private static partial Regex PostForms();
}
