using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Http;

/// <summary>What a browser brings to a page, and what the page may leave with it: the form, the token of its forms, the message for the next page.</summary>
/// <param name="secret">The value of the cookie that the visit's tokens are bound to: the session's, or that of <see cref="VisitorCookie"/>.</param>
internal sealed class Visit(HttpContext context, VisitorCookie cookies, Sensitive? secret)
{
    public const string TokenField = "_form";
    private Sensitive? bound = secret;

    public FormFields Form { get; set; } = FormFields.Empty();

    /// <summary>
    /// The token that each form on this page carries. It is derived from the cookie, so nothing is kept, a restart ends no open form, and whoever
    /// cannot read the cookie cannot make one.
    /// </summary>
    public string FormToken => Text(Mac(bound ??= cookies.Give(context.Response), "form"));

    public bool Holds(string? token) =>
        bound is { } value && token is { Length: > 0 and < 100 }
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(Text(Mac(value, "form"))));

    /// <summary>Says something on the next page that is shown: after a change the browser is redirected, and this tells what was done.</summary>
    public void Tell(string message)
    {
        var secret = bound ??= cookies.Give(context.Response);
        var text = Encoding.UTF8.GetBytes(message.Length > 300 ? message[..300] : message);
        cookies.SetFlash(context.Response, $"{Text(text)}.{Text(Mac(secret, "flash:" + message[..Math.Min(300, message.Length)]))}");
    }

    /// <summary>What the page before had to say, once. Signed, so that nobody else can put words there.</summary>
    public string? Told()
    {
        if (cookies.TakeFlash(context) is not { } flash || bound is not { } secret || flash.Split('.') is not [var text, var mac])
        {
            return null;
        }

        try
        {
            var message = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
            return CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(mac), Mac(secret, "flash:" + message)) ? message : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static byte[] Mac(Sensitive secret, string purpose) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret.Reveal()), Encoding.UTF8.GetBytes("ekgw page " + purpose));

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);
}

/// <summary>
/// Two cookies that open nothing: one that binds the forms of who is not signed in to their browser, and one that carries a message to the next page.
/// </summary>
internal sealed class VisitorCookie(string publicUrl)
{
    private readonly bool secure = publicUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    private string Name => secure ? "__Host-ekgw-visitor" : "ekgw-visitor";

    private string FlashName => secure ? "__Host-ekgw-flash" : "ekgw-flash";

    public Sensitive? Of(HttpRequest request) => request.Cookies[Name] is { Length: > 30 and < 100 } value ? new Sensitive(value) : null;

    public Sensitive Give(HttpResponse response)
    {
        var value = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        response.Cookies.Append(Name, value, Options(null));
        return new Sensitive(value);
    }

    public void SetFlash(HttpResponse response, string value) => response.Cookies.Append(FlashName, value, Options(TimeSpan.FromMinutes(1)));

    public string? TakeFlash(HttpContext context)
    {
        if (context.Request.Cookies[FlashName] is not { Length: > 0 and < 2000 } value)
        {
            return null;
        }

        context.Response.Cookies.Delete(FlashName, Options(null));
        return value;
    }

    private CookieOptions Options(TimeSpan? lifetime) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = secure, Path = "/", MaxAge = lifetime };
}
