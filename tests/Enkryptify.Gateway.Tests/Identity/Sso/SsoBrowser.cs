using System.Text.RegularExpressions;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity.Sso;

/// <summary>A person's browser, step by step: it keeps the gateway's cookies and goes where it is sent.</summary>
internal sealed class SsoBrowser(TestGateway gateway)
{
    public const string Binding = "__Host-ekgw-sso";
    public const string Session = "__Host-ekgw-session";

    private static readonly HttpClient Outside = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, UseProxy = false,
        SslOptions = new() { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    });

    public Dictionary<string, string> Cookies { get; } = [];

    /// <summary>A GET as a click on a page of the gateway sends it, or one of another site.</summary>
    public Task<Answer> Get(string path, string site = "same-origin") => Send(HttpMethod.Get, path, site, null);

    public async Task<Answer> Post(string path, System.Text.Json.Nodes.JsonNode body) =>
        await Send(HttpMethod.Post, path, "same-origin", new StringContent(body.ToJsonString(), System.Text.Encoding.UTF8, "application/json"));

    /// <summary>To the provider, and back with its answer: the path and query of the callback.</summary>
    public async Task<string> ThroughProvider(bool link = false)
    {
        var start = await Get("/auth/sso/start" + (link ? "?link=true" : ""));
        Assert.True(start.Status == 302, start.Body);
        return await AtProvider(start);
    }

    public static async Task<string> AtProvider(Answer start)
    {
        using var answer = await Outside.GetAsync(start.Headers["Location"]);
        Assert.True((int)answer.StatusCode == 302, await answer.Content.ReadAsStringAsync());
        Assert.StartsWith("https://gateway.test/auth/sso/callback?", answer.Headers.Location!.AbsoluteUri, StringComparison.Ordinal);
        return answer.Headers.Location.PathAndQuery;
    }

    /// <summary>Comes back from the provider's site: then a browser keeps <c>SameSite=Strict</c> cookies to itself.</summary>
    public Task<Answer> Return(string callback) => Get(callback, "cross-site");

    /// <summary>The whole way.</summary>
    public async Task<Answer> SignIn() => await Return(await ThroughProvider());

    public async Task<Answer> Link() => await Return(await ThroughProvider(link: true));

    /// <summary>Signs in with a password, on the dashboard's page.</summary>
    public async Task SignInLocally(string email)
    {
        var answer = await Post("/auth/session", Json.Of(("email", email), ("password", SsoWorld.Password)));
        Assert.True(answer.Status == 200, answer.Body);
    }

    /// <summary>Who the dashboard says is signed in.</summary>
    public Task<Answer> Me() => Get("/auth/session");

    private async Task<Answer> Send(HttpMethod method, string path, string site, HttpContent? body)
    {
        var sent = Cookies.Where(cookie => cookie.Key != Session || site == "same-origin").Select(cookie => $"{cookie.Key}={cookie.Value}").ToList();
        var answer = await gateway.Anonymous.Send(method, path, body, request =>
        {
            request.Headers.Add("Sec-Fetch-Site", site);
            if (sent.Count > 0)
            {
                request.Headers.Add("Cookie", string.Join("; ", sent));
            }
        });
        foreach (Match cookie in Regex.Matches(answer.Headers.GetValueOrDefault("Set-Cookie", ""), "(__Host-[a-z-]+)=([^;,]*)(; expires=Thu, 01 Jan 1970)?"))
        {
            if (cookie.Groups[3].Success)
            {
                Cookies.Remove(cookie.Groups[1].Value);
            }
            else
            {
                Cookies[cookie.Groups[1].Value] = cookie.Groups[2].Value;
            }
        }

        return answer;
    }
}
