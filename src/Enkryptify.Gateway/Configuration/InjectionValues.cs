using System.Text.RegularExpressions;
using Enkryptify.Gateway.Forwarding.Templates;

namespace Enkryptify.Gateway.Configuration;

/// <summary>The rule of every template in the configuration: it names a secret. A value pasted here by mistake would be one more copy of it.</summary>
internal static class SecretTemplate
{
    private const int MostCharacters = 1024;

    public static bool Check(string text, int line, ReadingPlace place)
    {
        if (text.Length > MostCharacters || text.Any(letter => letter is < ' ' or > '~'))
        {
            place.Fail(line, $"must be visible ASCII, at most {MostCharacters} characters");
            return false;
        }
        if (!Placeholder.IsIn(text))
        {
            place.Fail(line, "must name a secret as %NAME%: the value itself does not belong here");
            return false;
        }
        return true;
    }
}

/// <summary>The name of a header (a token, RFC 9110 section 5.6.2) that a route may set or keep.</summary>
internal sealed class HeaderName : TextValue<string>
{
    /// <summary>Framing, and what the gateway itself sets or reads.</summary>
    private static readonly string[] Reserved =
    [
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer", "Keep-Alive", "Expect", "HTTP2-Settings", "Accept-Encoding", "Forwarded",
    ];

    protected override string? Read(string text, int line, ReadingPlace place) => Check(text, line, place) ? text : null;

    protected override string Write(string value) => value;

    public static bool Check(string name, int line, ReadingPlace place)
    {
        if (name.Length is < 1 or > 128 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter, StringComparison.Ordinal)))
        {
            place.Fail(line, "the name of a header is letters, digits and -");
            return false;
        }
        if (Reserved.Contains(name, StringComparer.OrdinalIgnoreCase) || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("X-Enkryptify-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Sec-WebSocket-", StringComparison.OrdinalIgnoreCase))
        {
            place.Fail(line, "this header is set by the gateway alone");
            return false;
        }
        return true;
    }
}

/// <summary><c>Name: template</c>.</summary>
internal sealed class InjectedHeader : TextValue<InjectedPair>
{
    protected override InjectedPair? Read(string text, int line, ReadingPlace place)
    {
        string[] parts = text.Split(':', 2);
        if (parts.Length != 2)
        {
            place.Fail(line, "must be a header such as X-Api-Key: %API_KEY%");
            return null;
        }
        return HeaderName.Check(parts[0], line, place) && SecretTemplate.Check(parts[1].Trim(' '), line, place) ? new InjectedPair(parts[0], parts[1].Trim(' ')) : null;
    }

    protected override string Write(InjectedPair value) => $"{value.Name}: {value.Template}";
}

/// <summary><c>name=template</c>.</summary>
internal sealed partial class InjectedParameter : TextValue<InjectedPair>
{
    protected override InjectedPair? Read(string text, int line, ReadingPlace place)
    {
        string[] parts = text.Split('=', 2);
        if (parts.Length != 2 || !Name().IsMatch(parts[0]))
        {
            place.Fail(line, "must be a parameter such as key=%API_KEY%; its name is letters, digits and . _ ~ [ ] -");
            return null;
        }
        return SecretTemplate.Check(parts[1], line, place) ? new InjectedPair(parts[0], parts[1]) : null;
    }

    protected override string Write(InjectedPair value) => $"{value.Name}={value.Template}";

    [GeneratedRegex(@"^[A-Za-z0-9._~\[\]-]{1,128}\z")]
    private static partial Regex Name();
}

/// <summary><c>user:password</c> of HTTP's Basic scheme (RFC 7617), at least one of them a template.</summary>
internal sealed class BasicPair : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (!text.Contains(':', StringComparison.Ordinal))
        {
            place.Fail(line, "must be user:password such as svc-billing:%PASSWORD%");
            return null;
        }
        return SecretTemplate.Check(text, line, place) ? text : null;
    }

    protected override string Write(string value) => value;
}
