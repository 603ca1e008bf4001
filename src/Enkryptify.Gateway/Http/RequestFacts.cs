using System.Net;
using Enkryptify.Gateway.Audit;

namespace Enkryptify.Gateway.Http;

/// <summary>What is known of a request from its first moment: its id and where it comes from; later, who sent it.</summary>
internal sealed class RequestFacts(string id, IPAddress? address)
{
    private readonly string? text = address?.ToString();

    public string Id => id;

    public IPAddress? Address => address;

    public string? AddressText => text;

    public AuditActor? Actor { get; set; }

    /// <summary>The address, or of an IPv6 address its /64.</summary>
    public string Network => address switch
    {
        null => "local",
        { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) + "/64",
        _ => text!,
    };

    public static RequestFacts Of(HttpContext context) => context.Features.Get<RequestFacts>() ?? throw new InvalidOperationException("The pipeline sets the facts first.");
}
