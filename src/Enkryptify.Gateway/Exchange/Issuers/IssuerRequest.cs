using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Exchange.Issuers;

/// <summary>
/// What an administrator says of an issuer. For a change, null leaves a field as it is, and an empty text takes a CA, a token or an origin away.
/// </summary>
internal sealed record IssuerRequest(
    string? Name, string? Url, bool? Discovery, string? JwksOrigin, string? Ca, Sensitive? BearerToken, string? Jwks)
{
    private const int MaxCa = 256 * 1024;

    public static IssuerRequest Read(JsonFields body, bool isNew)
    {
        var name = isNew || body.Has("name") ? Names.Read(body, "name") : null;
        var url = isNew ? body.Text("url") : body.OptionalText("url");
        var (jwks, keys) = ReadKeys(body, "jwks");
        bool? discovery = body.Has("discovery") ? body.Truth("discovery") : isNew ? keys is null : null;
        var origin = body.OptionalText("jwksOrigin", max: IssuerUrl.MaxLength);
        var ca = body.OptionalText("ca", max: MaxCa);
        var token = body.OptionalText("bearerToken", max: 16 * 1024);
        Judge("url", url, url => IssuerUrl.ExactProblem(url) ?? (discovery == true ? IssuerUrl.Problem(url) : null), mayBeEmpty: false);
        Judge("jwksOrigin", origin, IssuerUrl.OriginProblem);
        Judge("ca", ca, IssuerUrl.CaProblem);
        Judge("bearerToken", token, text => text.Any(c => c is <= ' ' or > '~') ? "must be visible ASCII without spaces" : null);
        return new IssuerRequest(name, url, discovery, origin, ca, token is null ? null : new Sensitive(token), jwks);

        void Judge(string field, string? text, Func<string, string?> problem, bool mayBeEmpty = true)
        {
            if (text is not null && !(text.Length == 0 && mayBeEmpty) && problem(text) is { } wrong)
            {
                body.Complain(body.Name(field), wrong);
            }
        }
    }

    /// <summary>A JWK set as it is to be stored, with its keys; null when none is given.</summary>
    public static (string? Jwks, KeySet? Keys) ReadKeys(JsonFields body, string name)
    {
        if (body.Element(name) is not { } element)
        {
            return (null, null);
        }

        var (jwks, keys, problem) = KeySet.Uploaded(element);
        if (problem is not null)
        {
            body.Complain(body.Name(name), problem);
        }

        return (jwks, keys);
    }
}
