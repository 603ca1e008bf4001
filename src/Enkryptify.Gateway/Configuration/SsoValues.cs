namespace Enkryptify.Gateway.Configuration;

/// <summary>A text that may be empty, which means that there is none.</summary>
internal sealed class OptionalText<T>(TextValue<T> kind) : ValueKind<T?>
    where T : class
{
    public override T? Read(RawValue raw, ReadingPlace place) =>
        raw is RawValue.Text { Value: "" } or RawValue.Untyped { Value: "" } ? null : kind.Read(raw, place);

    public override System.Text.Json.Nodes.JsonNode Show(T? value) => value is null ? System.Text.Json.Nodes.JsonValue.Create("") : kind.Show(value);
}

/// <summary>
/// The issuer of an OpenID Connect provider (Core 1.0 section 2): kept as written, since tokens are compared with it to the letter. Clear text only
/// to this host itself: whoever can answer for the provider signs in as anybody.
/// </summary>
internal sealed class IssuerUrl : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || !IsTrusted(url) || url.Query.Length > 0 || url.UserInfo.Length > 0 || text.Any(char.IsWhiteSpace))
        {
            place.Fail(line, "must be an https URL without user, query or fragment (http only on a loopback address)");
            return null;
        }
        return text;
    }

    protected override string Write(string value) => value;

    /// <summary>Also for the endpoints that the provider names.</summary>
    public static bool IsTrusted(Uri url) =>
        url.Fragment.Length == 0 && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && ListenUrl.IsLoopback(url)));
}

/// <summary>A name such as a client id or a claim: visible, in one line.</summary>
internal sealed class Word : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (text.Length is 0 or > 255 || text.Any(letter => letter is <= ' ' or > '~'))
        {
            place.Fail(line, "must be 1 to 255 visible ASCII characters");
            return null;
        }
        return text;
    }

    protected override string Write(string value) => value;
}

/// <summary>A domain of e-mail addresses, in lower case.</summary>
internal sealed class MailDomain : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (!IsDomain(text))
        {
            place.Fail(line, "must be a domain such as example.com, without @ or *; subdomains are listed one by one");
            return null;
        }
        return text.ToLowerInvariant();
    }

    protected override string Write(string value) => value;

    public static bool IsDomain(string text) =>
        text.Length is > 0 and <= 253 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-') && text.Split('.').All(label => label.Length > 0);
}

/// <summary>An e-mail address, in lower case.</summary>
internal sealed class MailAddress : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        string[] parts = text.Split('@');
        if (parts.Length != 2 || parts[0].Length == 0 || parts[0].Any(letter => letter is <= ' ' or > '~') || !MailDomain.IsDomain(parts[1]))
        {
            place.Fail(line, "must be an e-mail address");
            return null;
        }
        return text.ToLowerInvariant();
    }

    protected override string Write(string value) => value;
}

/// <summary>The slug of a workspace. Whether there is one is known only later.</summary>
internal sealed class Slug : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (text.Length is < 2 or > 48 || !text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'))
        {
            place.Fail(line, "must be the slug of a workspace: 2 to 48 characters of a-z, 0-9 and -");
            return null;
        }
        return text;
    }

    protected override string Write(string value) => value;
}
