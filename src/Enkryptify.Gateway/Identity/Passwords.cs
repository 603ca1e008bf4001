using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity;

/// <summary>
/// Password hashes: PBKDF2-HMAC-SHA-256 at the cost that OWASP's Password Storage Cheat Sheet asks for, stored with its parameters as a PHC string
/// (<c>$pbkdf2-sha256$i=600000$salt$hash</c>), so that the cost can be raised at the next sign-in. At most one hash per core at a time
/// (invariant 8); who finds no place is asked to come again.
/// </summary>
internal sealed class Passwords(int iterations = Passwords.DefaultIterations) : IDisposable
{
    public const int DefaultIterations = 600_000;
    public const int MinLength = 8;
    public const int MaxLength = 256;
    private const int SaltSize = 16;
    private const int HashSize = 32;
    private readonly SemaphoreSlim places = new(Environment.ProcessorCount, Environment.ProcessorCount);

    /// <summary>Costs what a real hash costs to check and matches nothing. Not computed: that would hold up the start.</summary>
    private readonly string nobody = Stored(iterations, RandomNumberGenerator.GetBytes(SaltSize), RandomNumberGenerator.GetBytes(HashSize));
    private long hashed;

    /// <summary>How many hashes requests made us compute: for a sign-in the same work whether the account exists or not.</summary>
    public long Hashed => Interlocked.Read(ref hashed);

    /// <summary>A new password in a request.</summary>
    public static Sensitive Read(JsonFields body, string field)
    {
        var text = body.Text(field, MinLength, MaxLength);
        if (text.Contains('\0'))
        {
            body.Complain(body.Name(field), "must not contain NUL");
        }

        return new Sensitive(text);
    }

    public static string NewText() => RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", 20);

    /// <summary>For the local operator and the gateway itself; what requests ask for goes through <see cref="TryHash"/>.</summary>
    public string Hash(Sensitive password) => Hash(password.Reveal(), iterations);

    /// <summary>Null when all places are taken.</summary>
    public string? TryHash(Sensitive password)
    {
        if (!places.Wait(0))
        {
            return null;
        }

        try
        {
            Interlocked.Increment(ref hashed);
            return Hash(password);
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>Null when all places are taken. Without a stored hash the same work is done, for nothing.</summary>
    public bool? Verify(string? stored, Sensitive password)
    {
        if (!places.Wait(0))
        {
            return null;
        }

        try
        {
            Interlocked.Increment(ref hashed);
            return Matches(stored ?? nobody, password.Reveal()) && stored is not null;
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>Whether the hash was made at another cost than today's.</summary>
    public bool IsOutdated(string stored) => !stored.StartsWith(Head(iterations), StringComparison.Ordinal);

    public void Dispose() => places.Dispose();

    private static string Head(int iterations) => string.Create(CultureInfo.InvariantCulture, $"$pbkdf2-sha256$i={iterations}$");

    private static string Hash(string password, int iterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        return Stored(iterations, salt, Derive(password, salt, iterations));
    }

    private static string Stored(int iterations, byte[] salt, byte[] hash) => Head(iterations) + $"{Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";

    private static byte[] Derive(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, HashSize);

    private static bool Matches(string stored, string password)
    {
        var parts = stored.Split('$');
        if (parts is not ["", "pbkdf2-sha256", ['i', '=', .. var cost], var salt, var hash])
        {
            throw new InvalidOperationException("A password hash has an unknown form.");
        }

        return CryptographicOperations.FixedTimeEquals(
            Derive(password, Convert.FromBase64String(salt), int.Parse(cost, CultureInfo.InvariantCulture)), Convert.FromBase64String(hash));
    }
}
