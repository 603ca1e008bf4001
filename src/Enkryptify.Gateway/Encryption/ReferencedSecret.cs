using System.Text;
using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Encryption;

/// <summary>
/// Reads what a <see cref="SecretReference"/> refers to: the master key, a client secret. A file that others may use is refused, so that a
/// secret that was shared by mistake does not stay so unnoticed.
/// </summary>
internal static class ReferencedSecret
{
    private const int MostBytes = 1024;

    /// <param name="what">What it is, for the messages: "master key".</param>
    /// <param name="failure">Makes the exception of a message.</param>
    /// <param name="mostBytes">More is a wrong path.</param>
    public static byte[] Read(SecretReference reference, string what, Func<string, UnusableSettingException> failure, int mostBytes = MostBytes) => reference.Kind switch
    {
        SecretReferenceKind.File => OfFile(reference.Value, what, failure, mostBytes),
        SecretReferenceKind.Credential => Bytes(CredentialPath(reference.Value, failure), what, failure, mostBytes),
        _ => Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable(reference.Value)
            ?? throw failure($"the environment variable {reference.Value}, which is to hold the {what}, is not set.")),
    };

    /// <summary>A secret that is text, without the white space around it: editors end a file with a line break.</summary>
    /// <exception cref="UnusableSettingException">It cannot be read, is empty, or is no text.</exception>
    public static Sensitive Text(SecretReference reference, string what)
    {
        var bytes = Read(reference, what, message => new UnusableSettingException(message));
        var text = bytes.AsSpan().Trim(" \r\n\t"u8);
        return text.Length > 0 && System.Text.Unicode.Utf8.IsValid(text)
            ? new Sensitive(Encoding.UTF8.GetString(text))
            : throw new UnusableSettingException($"{reference} does not hold a {what}: it is empty, or not UTF-8 text.");
    }

    private static string CredentialPath(string name, Func<string, UnusableSettingException> failure) => Path.Combine(
        Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY")
            ?? throw failure("CREDENTIALS_DIRECTORY is not set: 'credential:' works only for a service that systemd starts with LoadCredential= or LoadCredentialEncrypted=."),
        name);

    private static byte[] OfFile(string path, string what, Func<string, UnusableSettingException> failure, int mostBytes)
    {
        if (File.Exists(path))
        {
            var mode = File.GetUnixFileMode(path);
            if ((mode & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
            {
                throw failure($"the {what} file {path} may be used by others (mode {Convert.ToString((int)mode, 8)}). Set it to 0400 or 0600: chmod 600 {path}");
            }
        }

        return Bytes(path, what, failure, mostBytes);
    }

    private static byte[] Bytes(string path, string what, Func<string, UnusableSettingException> failure, int mostBytes)
    {
        try
        {
            var file = new FileInfo(path);
            return file.Exists && file.Length > mostBytes
                ? throw failure($"the {what} file {path} is larger than a key.")
                : File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw failure($"the {what} cannot be read: {error.Message}");
        }
    }
}
