using System.Net;

namespace Enkryptify.Gateway.Configuration;

/// <summary>
/// A URL to listen on. Only addresses and <c>localhost</c>: the web server binds any other host name to every interface,
/// which would open a gateway meant for one network to all of them.
/// </summary>
internal sealed class ListenUrl : TextValue<Uri>
{
    protected override Uri? Read(string text, int line, ReadingPlace place)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
        {
            place.Fail(line, "must be a URL such as http://127.0.0.1:8480 (all interfaces: http://0.0.0.0:8480 or http://[::]:8480)");
            return null;
        }
        if (url.PathAndQuery != "/" || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
        {
            place.Fail(line, "must be a scheme, a host and a port alone");
            return null;
        }
        if (url.HostNameType is not (UriHostNameType.IPv4 or UriHostNameType.IPv6) && url.Host != "localhost")
        {
            place.Fail(line, "the host must be an IP address or localhost");
            return null;
        }
        return url;
    }

    protected override string Write(Uri value) => Text(value);

    /// <summary>Scheme, host and port, without the slash that <see cref="Uri"/> adds.</summary>
    public static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);

    public static bool IsTls(Uri url) => url.Scheme == Uri.UriSchemeHttps;

    public static bool IsLoopback(Uri url) =>
        url.Host == "localhost" || (IPAddress.TryParse(url.DnsSafeHost, out IPAddress? address) && IPAddress.IsLoopback(address));
}

/// <summary>The URL that clients see. It becomes the issuer of JWTs, so it stays as written but for trailing slashes.</summary>
internal sealed class PublicUrl : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https")
            || url.Query.Length > 0 || url.Fragment.Length > 0 || url.UserInfo.Length > 0 || text.Any(char.IsWhiteSpace))
        {
            place.Fail(line, "must be an http or https URL without user, query or fragment");
            return null;
        }
        return text.TrimEnd('/');
    }

    protected override string Write(string value) => value;
}

/// <summary>An address, or a range in CIDR form.</summary>
/// <param name="leastPrefix">Of IPv4; IPv6 ranges need twice as many bits. A wider range is refused with <paramref name="tooWide"/>.</param>
internal sealed class AddressRange(string tooWide, int leastPrefix = 1) : TextValue<IPNetwork>
{
    protected override IPNetwork Read(string text, int line, ReadingPlace place)
    {
        // "10.1" is an address to the platform's parser (10.0.0.1), and hardly ever what was meant.
        bool whole = text.Contains(':', StringComparison.Ordinal) || text.Count(letter => letter == '.') == 3;
        if (whole && IPAddress.TryParse(text, out IPAddress? address))
        {
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        }
        // The platform clears bits after the prefix without a word; whoever wrote them meant another range.
        if (!whole || !IPNetwork.TryParse(text, out IPNetwork range)
            || !IPAddress.Parse(text.AsSpan(0, text.IndexOf('/', StringComparison.Ordinal))).Equals(range.BaseAddress))
        {
            place.Fail(line, "must be an IP address or a range such as 10.0.0.0/8, with no bit set after the prefix");
            return default;
        }
        if (range.PrefixLength < (range.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork || leastPrefix == 1 ? leastPrefix : 2 * leastPrefix))
        {
            place.Fail(line, tooWide);
        }
        return range;
    }

    protected override string Write(IPNetwork value) =>
        value.PrefixLength == value.BaseAddress.GetAddressBytes().Length * 8 ? value.BaseAddress.ToString() : value.ToString();
}
