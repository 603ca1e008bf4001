namespace Enkryptify.Gateway.Encryption;

/// <summary>
/// A secret value, a raw token or a password. Nothing prints it by accident: <see cref="ToString"/> is redacted, and <see cref="Reveal"/> is
/// easy to search for.
/// </summary>
internal readonly struct Sensitive(string value)
{
    private readonly string value = value;

    public string Reveal() => value;

    public override string ToString() => "[redacted]";
}
