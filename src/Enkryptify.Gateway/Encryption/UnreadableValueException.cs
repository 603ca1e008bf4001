using System.Security.Cryptography;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Encryption;

/// <summary>
/// A stored value does not open: the file was altered or damaged, or its key is gone. Not a bug, and nothing the caller can mend, so it has a code
/// and a reason of its own. Names places and ids, never content.
/// </summary>
internal sealed class UnreadableValueException(Guid environment, string keyId, string problem)
    : CryptographicException($"a value of environment {environment:D} under environment key {keyId} cannot be opened: {problem}")
{
    public Guid Environment => environment;

    public string KeyId => keyId;

    public static readonly Refusal Refusal = new(
        RefusalKind.Damaged, "value_unreadable", "A stored value cannot be opened; the operator's log names its environment and key");
}
