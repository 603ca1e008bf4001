using System.Text.RegularExpressions;

namespace Enkryptify.Gateway.Configuration;

/// <summary>The name of a route or a cluster: it stands in logs, metrics and the audit, so it is short and plain.</summary>
internal sealed class Label : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (text.Length is < 1 or > 48 || !text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'))
        {
            place.Fail(line, "must be 1 to 48 characters of a-z, 0-9 and -");
            return null;
        }
        return text;
    }

    protected override string Write(string value) => value;
}

/// <summary>The name or the id of something in the store. Whether there is one is known only to the running gateway.</summary>
internal sealed class StoredName : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (text.Length is < 1 or > 64 || text.Trim() != text || text.Any(char.IsControl))
        {
            place.Fail(line, "must be a name or an id: 1 to 64 characters");
            return null;
        }
        return text;
    }

    protected override string Write(string value) => value;
}

/// <summary>
/// The id of a credential. Not its name: who may use a route must not be something that a member can give to a credential of their own.
/// </summary>
internal sealed class CredentialId : TextValue<Guid>
{
    protected override Guid Read(string text, int line, ReadingPlace place)
    {
        if (!Ids.TryParse(text, out Guid id))
        {
            place.Fail(line, "must be the id of a credential (token list shows it); a name can be given to another one");
        }
        return id;
    }

    protected override string Write(Guid value) => value.ToString("D");
}

/// <summary>A host name in lower case, without port: what the Host header must say.</summary>
internal sealed class HostName : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        string host = text.ToLowerInvariant();
        if (!MailDomain.IsDomain(host) || Uri.CheckHostName(host) != UriHostNameType.Dns)
        {
            place.Fail(line, "must be a host name such as billing.internal, without scheme, port or *; addresses are the gateway's own");
            return null;
        }
        return host;
    }

    protected override string Write(string value) => value;
}

/// <summary>A path prefix of whole segments.</summary>
internal sealed partial class PathPrefix : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (text.Length > 256 || !Form().IsMatch(text) || text.Split('/').Any(segment => segment is "." or ".."))
        {
            place.Fail(line, "must be a path such as / or /api, of letters, digits and . _ ~ -, without a slash at the end");
            return null;
        }
        return text;
    }

    protected override string Write(string value) => value;

    [GeneratedRegex(@"^(/|(/[A-Za-z0-9._~-]+)+)\z")]
    private static partial Regex Form();
}

/// <summary>What a destination is asked to find out whether it is there: a path, with a query if need be.</summary>
internal sealed partial class ProbePath : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (text.Length > 256 || !Form().IsMatch(text))
        {
            place.Fail(line, "must be a path such as /healthz");
            return null;
        }
        return text;
    }

    protected override string Write(string value) => value;

    [GeneratedRegex(@"^/[A-Za-z0-9._~/%?=&-]*\z")]
    private static partial Regex Form();
}

/// <summary>Where a route leads. The operator's own choice: any address, also a private or loopback one.</summary>
internal sealed class DestinationUrl : TextValue<Uri>
{
    protected override Uri? Read(string text, int line, ReadingPlace place)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0
            || url.Query.Length > 0 || url.Fragment.Length > 0 || url.UserInfo.Length > 0 || text.Any(char.IsWhiteSpace))
        {
            place.Fail(line, "must be an http or https URL such as http://10.1.2.3:8080, without user, query or fragment");
            return null;
        }
        return url;
    }

    protected override string Write(Uri value) => value.AbsoluteUri.TrimEnd('/');
}

/// <summary>The SHA-256 thumbprint of a certificate.</summary>
internal sealed class Thumbprint : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        string digits = text.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();
        if (digits.Length != 64 || !digits.All(char.IsAsciiHexDigit))
        {
            place.Fail(line, "must be the SHA-256 thumbprint of a certificate: 64 hex digits");
            return null;
        }
        return digits;
    }

    protected override string Write(string value) => value;
}
