using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Identity;

/// <summary>A login that waits for a person's word. Codes are kept as digests alone.</summary>
internal sealed class DeviceLogin(string network, string? address, string? agent, DateTimeOffset askedAt)
{
    public string Network => network;

    public string? Address => address;

    public string? Agent => agent;

    public DateTimeOffset AskedAt => askedAt;

    public DateTimeOffset ExpiresAt => askedAt + DeviceLogins.Lifetime;

    /// <summary>Null while nobody has decided.</summary>
    public bool? Approved { get; set; }

    public Session? By { get; set; }

    public DateTimeOffset PolledAt { get; set; }
}

/// <summary>
/// The device authorization grant of the CLI (RFC 8628, in the contract's form). Open requests live in memory, for five minutes, at most
/// <see cref="MaxPerAddress"/> from an address and <see cref="MaxOpen"/> in all (invariant 8); each is decided once and redeemed once.
/// </summary>
internal sealed class DeviceLogins(TimeProvider time)
{
    public const int MaxPerAddress = 20;
    public const int MaxOpen = 10_000;
    public const int IntervalSeconds = 5;
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(300);

    /// <summary>How long a device code that has expired is still told from one never given out: its device polls once more.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(60);

    /// <summary>Nobody mistakes one of these for another; 20^5 × 10^5 codes against a throttle of 10 free tries.</summary>
    private const string Letters = "BCDFGHJKLMNPQRSTVWXZ";

    private readonly Lock gate = new();
    private readonly Dictionary<Digest256, DeviceLogin> byDevice = [];
    private readonly Dictionary<Digest256, DeviceLogin> byUser = [];

    /// <summary>In the order of asking, which is the order of expiry.</summary>
    private readonly Queue<(Digest256 Device, Digest256 User, DeviceLogin Login)> order = new();
    private readonly Queue<(Digest256 Device, DeviceLogin Login)> expired = new();
    private readonly Dictionary<string, int> openByNetwork = new(StringComparer.Ordinal);

    /// <summary>Null when too many are open.</summary>
    public (Sensitive DeviceCode, string UserCode)? Open(string network, string? address, string? agent)
    {
        lock (gate)
        {
            DropExpired();
            var open = openByNetwork.GetValueOrDefault(network);
            if (order.Count >= MaxOpen || open >= MaxPerAddress)
            {
                return null;
            }

            var deviceCode = new Sensitive(RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 43));
            string userCode;
            do
            {
                userCode = $"{RandomNumberGenerator.GetString(Letters, 5)}-{RandomNumberGenerator.GetString("0123456789", 5)}";
            }
            while (byUser.ContainsKey(Digest(userCode)));

            var login = new DeviceLogin(network, address, agent is { Length: > 200 } ? agent[..200] : agent, time.GetUtcNow());
            var (device, user) = (Digest(deviceCode.Reveal()), Digest(userCode));
            byDevice.Add(device, login);
            byUser.Add(user, login);
            order.Enqueue((device, user, login));
            openByNetwork[network] = open + 1;
            return (deviceCode, userCode);
        }
    }

    /// <summary>An open request by the code a person typed: case, blanks and the hyphen do not matter.</summary>
    public DeviceLogin? ByUserCode(string typed)
    {
        lock (gate)
        {
            DropExpired();
            return byUser.GetValueOrDefault(Digest(Normal(typed)));
        }
    }

    /// <summary>Decides once: the code is used up, whatever the answer.</summary>
    public DeviceLogin? Decide(string typed, bool approved, Session by)
    {
        lock (gate)
        {
            DropExpired();
            if (!byUser.Remove(Digest(Normal(typed)), out var login))
            {
                return null;
            }

            (login.Approved, login.By) = (approved, by);
            Release(login);
            return login;
        }
    }

    /// <summary>Whether this is a poll of a request that was open till now, and not faster than one a second: such a poll is never limited.</summary>
    public bool IsPaced(Sensitive deviceCode)
    {
        lock (gate)
        {
            DropExpired();
            return byDevice.TryGetValue(Digest(deviceCode.Reveal()), out var login) && time.GetUtcNow() - login.PolledAt >= TimeSpan.FromSeconds(1);
        }
    }

    /// <summary>What the polling device is to learn: an error of RFC 8628, or whose session approved. An answer that ends the request is given once.</summary>
    public (string? Error, Session? Approver) Poll(Sensitive deviceCode)
    {
        lock (gate)
        {
            DropExpired();
            var key = Digest(deviceCode.Reveal());
            if (!byDevice.TryGetValue(key, out var login))
            {
                return ("expired_token", null);
            }

            login.PolledAt = time.GetUtcNow();
            if (login.PolledAt >= login.ExpiresAt)
            {
                byDevice.Remove(key);
                return ("expired_token", null);
            }

            if (login.Approved is not { } approved)
            {
                return ("authorization_pending", null);
            }

            byDevice.Remove(key);
            return approved ? (null, login.By) : ("access_denied", null);
        }
    }

    private static Digest256 Digest(string code) => new(SHA256.HashData(Encoding.UTF8.GetBytes(code)));

    private static string Normal(string typed)
    {
        var plain = new string([.. typed.Where(char.IsAsciiLetterOrDigit)]).ToUpperInvariant();
        return plain.Length == 10 ? $"{plain[..5]}-{plain[5..]}" : plain;
    }

    private void DropExpired()
    {
        var now = time.GetUtcNow();
        while (order.TryPeek(out var oldest) && now >= oldest.Login.ExpiresAt)
        {
            order.Dequeue();
            expired.Enqueue((oldest.Device, oldest.Login));
            byUser.Remove(oldest.User);
            if (oldest.Login.Approved is null)
            {
                Release(oldest.Login);
            }
        }

        while (expired.TryPeek(out var last) && now >= last.Login.ExpiresAt + Remembered)
        {
            expired.Dequeue();
            byDevice.Remove(last.Device);
        }
    }

    /// <summary>The request is no longer open: its address may ask for another.</summary>
    private void Release(DeviceLogin login)
    {
        if (--openByNetwork[login.Network] == 0)
        {
            openByNetwork.Remove(login.Network);
        }
    }
}
