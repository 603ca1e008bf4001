using System.Net;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>A browser without script: keeps cookies, sends what a browser sends, and posts the forms that it was shown.</summary>
internal sealed partial class PageBrowser(TestGateway gateway)
{
    private readonly Dictionary<string, string> cookies = new(StringComparer.Ordinal);

    /// <summary>The page that is shown.</summary>
    public Answer Page { get; private set; } = null!;

    public string Text => Plain(Page.Body);

    public string Location => Page.Headers["Location"];

    public string? Cookie(string name) => cookies.GetValueOrDefault(name);

    public void Plant(string name, string value) => cookies[name] = value;

    /// <summary>Signed in as a person of the test kit.</summary>
    public static async Task<PageBrowser> Of(TestGateway gateway, string email)
    {
        var browser = new PageBrowser(gateway);
        var cookie = (await gateway.People.Cookie(email)).Split('=', 2);
        browser.Plant(cookie[0], cookie[1]);
        return browser;
    }

    public Task<Answer> Get(string path, string site = "same-origin") => Send(HttpMethod.Get, path, (HttpContent?)null, site);

    /// <summary>Posts a form of the page that is shown, with its token.</summary>
    public Task<Answer> Post(string path, params (string Name, string Value)[] fields) =>
        Send(HttpMethod.Post, path, [(Visit.TokenField, Token ?? ""), .. fields], "same-origin");

    /// <summary>Posts a form of the page that is shown with a file, as <c>multipart/form-data</c>.</summary>
    public Task<Answer> Upload(string path, string field, byte[] file, params (string Name, string Value)[] fields)
    {
        var content = new MultipartFormDataContent { { new ByteArrayContent(file), field, ".env" } };
        foreach (var (name, value) in ((string Name, string Value)[])[(Visit.TokenField, Token ?? ""), .. fields])
        {
            content.Add(new StringContent(value), name);
        }

        return Send(HttpMethod.Post, path, content, "same-origin");
    }

    /// <summary>Posts these fields and nothing else.</summary>
    public Task<Answer> PostBare(string path, string site, params (string Name, string Value)[] fields) => Send(HttpMethod.Post, path, fields, site);

    /// <summary>Goes where the last answer sent it.</summary>
    public Task<Answer> Follow()
    {
        Assert.Equal(303, Page.Status);
        return Get(Location);
    }

    /// <summary>Of the page that is shown, or of the last that had a form: a redirect has none.</summary>
    public string? Token { get; private set; }

    /// <summary>Text as it is read, with the tags left out.</summary>
    public static string Plain(string body) => Blanks().Replace(WebUtility.HtmlDecode(Tags().Replace(body, "")), " ");

    private Task<Answer> Send(HttpMethod method, string path, (string Name, string Value)[] fields, string site) =>
        Send(method, path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))), site);

    private async Task<Answer> Send(HttpMethod method, string path, HttpContent? content, string site)
    {
        Page = await gateway.Anonymous.Send(method, path, content, request =>
        {
            request.Headers.Add("Accept", "text/html,application/xhtml+xml;q=0.9");
            request.Headers.Add("Sec-Fetch-Site", site);
            if (cookies.Count > 0)
            {
                request.Headers.Add("Cookie", string.Join("; ", cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
            }
        });
        Token = TokenField().Match(Page.Body) is { Success: true } match ? match.Groups[1].Value : Token;
        foreach (var set in Page.Headers.TryGetValue("Set-Cookie", out var all) ? Cookies().Split(all) : [])
        {
            var (name, value) = (set.Split('=', 2)[0], set.Split('=', 2)[1].Split(';')[0]);
            if (value.Length == 0)
            {
                cookies.Remove(name);
            }
            else
            {
                cookies[name] = value;
            }
        }

        return Page;
    }

    [GeneratedRegex("name=\"_form\" value=\"([^\"]+)\"")]
    private static partial Regex TokenField();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(", (?=[A-Za-z_-]+=)")]
    private static partial Regex Cookies();
}
