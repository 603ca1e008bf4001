using System.Security.Cryptography;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Encryption;

/// <summary>What the rotation of key-encryption and master keys needs of the keys in memory. All of it runs on the writer thread.</summary>
internal sealed partial class Keyring
{
    /// <summary>A new key-encryption key as a row; becomes the current one by <see cref="Adopt"/>.</summary>
    public string MakeKek(Sql sql, TimeProvider time)
    {
        var (id, fresh) = (NewKeyId(time), RandomNumberGenerator.GetBytes(Seal.KeySize));
        sql.Execute(
            "INSERT INTO key_encryption_key (id, master_key_id, wrapped, state, created_at) VALUES (?1, ?2, ?3, 'current', ?4)",
            id, master.Id, Seal.Close(master.Bytes, fresh, KekRow.Purpose(id)), time.GetUtcNow());
        keks[id] = fresh;
        return id;
    }

    /// <summary>After the commit: wraps with this one from now on.</summary>
    public void Adopt(string kek) => current = kek;

    /// <summary>After the commit: the key's material is no longer in the file, so it leaves memory too.</summary>
    public void Forget(string environmentKey) => environmentKeys.TryRemove(environmentKey, out _);

    /// <summary>A living key-encryption key under another master key, in a box that was opened once to see that it opens.</summary>
    public byte[] WrapKek(string kek, MasterKey other)
    {
        var box = Seal.Close(other.Bytes, keks[kek], KekRow.Purpose(kek));
        return CryptographicOperations.FixedTimeEquals(Seal.Open(other.Bytes, box, KekRow.Purpose(kek)), keks[kek])
            ? box
            : throw new CryptographicException($"Key-encryption key {kek} does not open under the new master key.");
    }

    /// <summary>From one key-encryption key to the current one; what comes out was opened once to see that it opens.</summary>
    public (string KekId, byte[] Wrapped) Rewrap(string wrappedBy, byte[] wrapped, string purpose)
    {
        var plain = Unwrap(wrappedBy, wrapped, purpose);
        try
        {
            var (kek, box) = Wrap(plain, purpose);
            var opened = Unwrap(kek, box, purpose);
            var same = CryptographicOperations.FixedTimeEquals(opened, plain);
            CryptographicOperations.ZeroMemory(opened);
            return same ? (kek, box) : throw new CryptographicException($"What was wrapped again under {kek} does not open.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }
}
