using System.Buffers;
using System.Text.Json;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Forwarding.Templates;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>Which headers travel, in both directions.</summary>
internal static class ProxyHeaders
{
    /// <summary>Headers of one request, and characters of one value before substitution.</summary>
    public const int MaxHeaders = 100;
    public const int MaxValue = 16 * 1024;

    /// <summary>RFC 9110 section 5.6.2.</summary>
    private static readonly SearchValues<char> Token =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");

    /// <summary>Of one connection (RFC 9110 section 7.6.1), or ours to set: a caller who sets them could end the request early and begin another.</summary>
    private static readonly HashSet<string> NotTheCallers = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Expect", "HTTP2-Settings",
        "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    private static readonly HashSet<string> OfTheConnection = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Authentication-Info",
    };

    public static IReadOnlyList<ProxyHeader> Read(JsonFields fields)
    {
        var headers = new List<ProxyHeader>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in fields.Entries("headers", MaxHeaders))
        {
            if (name.Length is 0 or > 128 || name.AsSpan().ContainsAnyExcept(Token) || Placeholder.IsIn(name))
            {
                fields.Complain("headers", "a name is not that of a header");
                continue;
            }

            var field = $"headers.{JsonFields.Printable(name)}";
            if (NotTheCallers.Contains(name) || name.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase))
            {
                fields.Complain(field, "is not the caller's to set");
            }
            else if (!seen.Add(name))
            {
                fields.Complain(field, "is given more than once");
            }
            else if (Text(value) is not { Length: <= MaxValue } text)
            {
                fields.Complain(field, $"must be a string of at most {MaxValue} characters");
            }
            else if (!ValueForm.FitsHeader(text))
            {
                fields.Complain(field, "must contain no control character");
            }
            else if (AuthenticatesTheConnection(name, text))
            {
                fields.Complain(field, "must not be NTLM or Negotiate: they sign in a connection, which others use after this request");
            }
            else
            {
                headers.Add(new ProxyHeader(name, Template.Parse(text)));
            }
        }

        return headers;
    }

    /// <summary>Whether a header of an answer goes no further than the connection it came on.</summary>
    public static bool IsOfTheConnection(string name, IEnumerable<string> named) => OfTheConnection.Contains(name) || named.Contains(name, StringComparer.OrdinalIgnoreCase);

    public static bool AuthenticatesTheConnection(string name, string value) => name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)
        && (value.AsSpan().TrimStart().StartsWith("NTLM", StringComparison.OrdinalIgnoreCase) || value.AsSpan().TrimStart().StartsWith("Negotiate", StringComparison.OrdinalIgnoreCase));

    private static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }
}
