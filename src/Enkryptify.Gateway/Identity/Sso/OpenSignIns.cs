using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>A sign-in that was sent to the provider and has not come back.</summary>
/// <param name="Browser">The digest of the cookie that the browser got with it.</param>
/// <param name="Nonce">What the ID token must repeat, so that one issued for another sign-in is of no use here.</param>
/// <param name="Verifier">Proves at the token endpoint that it was we who asked (PKCE, RFC 7636).</param>
/// <param name="LinkTo">The dashboard session of the person who is linking their account; null for a sign-in.</param>
internal sealed record OpenSignIn(Digest256 Browser, string Nonce, Sensitive Verifier, Guid? LinkTo, string Network, DateTimeOffset ExpiresAt);

/// <summary>
/// The sign-ins under way. In memory alone, by the digest of their state, for ten minutes, at most <see cref="MaxPerNetwork"/> from a network and
/// <see cref="MaxOpen"/> in all (invariant 8). Each comes back once, in the browser it was started in: else anybody could be signed in as
/// somebody else, by a link (RFC 6749 section 10.12).
/// </summary>
internal sealed class OpenSignIns(TimeProvider time)
{
    /// <summary>An address, or the /64 of an IPv6 one, may be a whole company's.</summary>
    public const int MaxPerNetwork = 500;
    public const int MaxOpen = 10_000;
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly Lock gate = new();
    private readonly Dictionary<Digest256, LinkedListNode<(Digest256 State, OpenSignIn SignIn)>> byState = [];
    private readonly Dictionary<string, int> byNetwork = new(StringComparer.Ordinal);

    /// <summary>In the order of their making, so of their expiry.</summary>
    private readonly LinkedList<(Digest256 State, OpenSignIn SignIn)> order = new();

    /// <summary>Null when too many are open from this network. When there are too many in all, the oldest gives way.</summary>
    /// <returns>State and cookie are random and exist nowhere else.</returns>
    public (string State, Sensitive Cookie, OpenSignIn SignIn)? Open(string network, Guid? linkTo)
    {
        lock (gate)
        {
            DropExpired();
            if (byNetwork.GetValueOrDefault(network) >= MaxPerNetwork)
            {
                return null;
            }

            if (order.Count >= MaxOpen)
            {
                Remove(order.First!);
            }

            var (state, cookie) = (Random(), new Sensitive(Random()));
            var signIn = new OpenSignIn(Digest(cookie.Reveal()), Random(), new Sensitive(Random()), linkTo, network, time.GetUtcNow() + Lifetime);
            byState.Add(Digest(state), order.AddLast((Digest(state), signIn)));
            byNetwork[network] = byNetwork.GetValueOrDefault(network) + 1;
            return (state, cookie, signIn);
        }
    }

    /// <summary>The sign-in of this state, if this browser started it. Whatever the answer, the state is used up.</summary>
    public OpenSignIn? Take(string? state, string? cookie)
    {
        if (state is null)
        {
            return null;
        }

        lock (gate)
        {
            DropExpired();
            if (!byState.TryGetValue(Digest(state), out var node))
            {
                return null;
            }

            Remove(node);
            var signIn = node.Value.SignIn;
            return cookie is not null && signIn.Browser == Digest(cookie) ? signIn : null;
        }
    }

    /// <summary>The S256 challenge of RFC 7636 section 4.2.</summary>
    public static string Challenge(Sensitive verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier.Reveal())));

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static Digest256 Digest(string text) => new(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private void Remove(LinkedListNode<(Digest256 State, OpenSignIn SignIn)> node)
    {
        order.Remove(node);
        byState.Remove(node.Value.State);
        var network = node.Value.SignIn.Network;
        if (--byNetwork[network] == 0)
        {
            byNetwork.Remove(network);
        }
    }

    private void DropExpired()
    {
        var now = time.GetUtcNow();
        while (order.First is { } first && now >= first.Value.SignIn.ExpiresAt)
        {
            Remove(first);
        }
    }
}
