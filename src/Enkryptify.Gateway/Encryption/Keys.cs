using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Encryption;

/// <summary>All keys of a data directory, opened under its master key; a new directory gets its first ones in one transaction.</summary>
internal sealed record Keys(Keyring Ring, DigestKeys Digests, SigningKeys Signing)
{
    /// <exception cref="MasterKeyException">The key cannot be read, or is not the one of this database.</exception>
    public static Keys Open(Database database, EncryptionConfig config, TimeProvider time)
    {
        var master = MasterKey.Load(config.MasterKey);
        return database.Writer.Change<Keys>(transaction =>
        {
            var ring = Keyring.Open(transaction, master, time);
            return new Keys(ring, DigestKeys.Open(transaction, ring, time), SigningKeys.Open(transaction, ring, time));
        }).GetAwaiter().GetResult().Value;
    }
}
