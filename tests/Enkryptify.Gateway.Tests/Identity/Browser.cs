using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>Requests to the dashboard's sign-in as a browser sends them.</summary>
internal static class Browser
{
    public const string Session = "/auth/session";

    public static Task<Answer> Get(TestGateway gateway, string? cookie, params (string Name, string Value)[] headers) =>
        Send(gateway, HttpMethod.Get, cookie, null, headers);

    public static Task<Answer> SignOut(TestGateway gateway, string? cookie, params (string Name, string Value)[] headers) =>
        Send(gateway, HttpMethod.Delete, cookie, null, headers);

    public static Task<Answer> SignIn(TestGateway gateway, string email, string? cookie = null, params (string Name, string Value)[] headers) =>
        Send(gateway, HttpMethod.Post, cookie, Json.Of(("email", email), ("password", People.Password)), headers);

    /// <summary>The <c>Cookie</c> header that an answer makes the browser send.</summary>
    public static string CookieOf(Answer answer) => answer.Headers["Set-Cookie"].Split(';')[0];

    private static Task<Answer> Send(TestGateway gateway, HttpMethod method, string? cookie, JsonNode? body, (string Name, string Value)[] headers) =>
        gateway.Anonymous.Send(
            method, Session, body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), request =>
            {
                if (cookie is not null)
                {
                    request.Headers.Add("Cookie", cookie);
                }

                foreach (var (name, value) in headers)
                {
                    request.Headers.Add(name, value);
                }
            });
}
