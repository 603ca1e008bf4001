using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Identity;

/// <summary>
/// Password hashes: PBKDF2-HMAC-SHA-256 with the cost that OWASP's Password Storage Cheat Sheet asks for, stored with its parameters as a PHC string
/// (<c>$pbkdf2-sha256$i=600000$salt$hash</c>), so that the cost can be raised later.
/// </summary>
internal static class Passwords
{
    public const int Iterations = 600_000;
    private const int SaltSize = 16;
    private const int HashSize = 32;

    public static string Hash(Sensitive password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        var hash = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password.Reveal()), salt, Iterations, HashAlgorithmName.SHA256, HashSize);
        return string.Create(CultureInfo.InvariantCulture, $"$pbkdf2-sha256$i={Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");
    }
}
