using System.Security.Cryptography;
using Enkryptify.Gateway.Encryption;
using LiteDB;

namespace Enkryptify.Gateway.Forwarding;

/// <summary>
/// Answers of others, kept on the disk for when they cannot be asked: keys of issuers, last good answers of backends. Documents that may be lost and are
/// fetched again, so a file that cannot be used is replaced and never stops the gateway. Each is sealed, with whose it is and its path as
/// associated data: whoever can write the file can take answers away, and cannot make one up or give one issuer another's.
/// Only the document API is used, since the object mapper needs code that is made at run time.
/// </summary>
internal sealed class OfflineCache : IDisposable
{
    public const string FileName = "offline-cache.db";
    private const string Collection = "answer";

    private readonly Lock gate = new();
    private readonly Keyring ring;
    private readonly ILogger log;
    private LiteDatabase? database;

    public OfflineCache(string directory, Keyring ring, ILogger<OfflineCache> log)
    {
        (this.ring, this.log) = (ring, log);
        var path = Path.Combine(directory, FileName);
        database = Open(path) ?? Replaced(path);
    }

    /// <summary>The kept answer, or null.</summary>
    /// <param name="owner">Whose answer it is, such as <c>issuer/{id}</c>.</param>
    /// <param name="path">What was asked for.</param>
    public (byte[] Content, DateTimeOffset StoredAt)? Get(string owner, string path)
    {
        lock (gate)
        {
            try
            {
                if (database?.GetCollection(Collection).FindById(Id(owner, path)) is not { } document)
                {
                    return null;
                }

                var content = ring.Unwrap(document["kek"].AsString, document["sealed"].AsBinary, Purpose(owner, path));
                return (content, DateTimeOffset.FromUnixTimeMilliseconds(document["storedAt"].AsInt64));
            }
            catch (Exception error)
            {
                // The engine meets a damaged file with exceptions of any type, here as when it is opened; so it is below.
                log.LogWarning("offline cache: an answer kept for {Owner} cannot be used: {Problem}", owner, error.Message);
                return null;
            }
        }
    }

    public void Put(string owner, string path, byte[] content, DateTimeOffset now)
    {
        lock (gate)
        {
            try
            {
                // Within the gate: what is sealed under an old key is there before Reseal looks.
                var (kek, box) = ring.Wrap(content, Purpose(owner, path));
                database?.GetCollection(Collection).Upsert(new BsonDocument
                {
                    ["_id"] = Id(owner, path), ["kek"] = kek, ["sealed"] = box, ["storedAt"] = now.ToUnixTimeMilliseconds(), ["owner"] = owner, ["path"] = path,
                });
                database?.Checkpoint();
            }
            catch (Exception error)
            {
                log.LogWarning("offline cache: an answer for {Owner} could not be kept: {Problem}", owner, error.Message);
            }
        }
    }

    /// <summary>Whatever an old key-encryption key seals is sealed under the current one; what does not open, or does not say whose it is, is fetched again.</summary>
    public void Reseal(string oldKek)
    {
        lock (gate)
        {
            try
            {
                if (database?.GetCollection(Collection) is not { } answers)
                {
                    return;
                }

                foreach (var document in answers.FindAll().Where(answer => answer["kek"] == oldKek).ToList())
                {
                    try
                    {
                        var (kek, box) = ring.Rewrap(oldKek, document["sealed"].AsBinary, Purpose(document["owner"].AsString, document["path"].AsString));
                        (document["kek"], document["sealed"]) = (kek, box);
                        answers.Update(document);
                    }
                    catch (Exception error) when (error is CryptographicException or InvalidCastException or NullReferenceException or ArgumentNullException)
                    {
                        answers.Delete(document["_id"]);
                    }
                }

                database.Checkpoint();
            }
            catch (Exception error)
            {
                log.LogWarning("offline cache: answers could not be sealed again: {Problem}", error.Message);
            }
        }
    }

    public void Remove(string owner, string path)
    {
        lock (gate)
        {
            try
            {
                database?.GetCollection(Collection).Delete(Id(owner, path));
            }
            catch (Exception error)
            {
                log.LogWarning("offline cache: an answer of {Owner} could not be removed: {Problem}", owner, error.Message);
            }
        }
    }

    /// <summary>How many answers are kept of this owner.</summary>
    public int Count(string owner)
    {
        lock (gate)
        {
            try
            {
                return database?.GetCollection(Collection).FindAll().Count(document => document["owner"] == owner) ?? 0;
            }
            catch (Exception error)
            {
                log.LogWarning("offline cache: the answers of {Owner} could not be counted: {Problem}", owner, error.Message);
                return 0;
            }
        }
    }

    /// <summary>The answers of this owner under such paths; how many they were.</summary>
    public int RemoveAll(string owner, Func<string, bool> path) => RemoveWhere(document => document["owner"] == owner && path(document["path"].AsString));

    /// <summary>All answers of such owners.</summary>
    public int RemoveOwners(Func<string, bool> owner) => RemoveWhere(document => owner(document["owner"].AsString));

    private int RemoveWhere(Func<BsonDocument, bool> which)
    {
        lock (gate)
        {
            try
            {
                if (database?.GetCollection(Collection) is not { } answers)
                {
                    return 0;
                }

                var gone = answers.FindAll().Where(document => document["owner"].IsString && document["path"].IsString && which(document)).Select(document => document["_id"]).ToList();
                foreach (var id in gone)
                {
                    answers.Delete(id);
                }

                if (gone.Count > 0)
                {
                    database.Checkpoint();
                }

                return gone.Count;
            }
            catch (Exception error)
            {
                log.LogWarning("offline cache: answers could not be removed: {Problem}", error.Message);
                return 0;
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            try
            {
                database?.Dispose();
            }
            catch (Exception error)
            {
                log.LogWarning("offline cache: not closed in order: {Problem}", error.Message);
            }

            database = null;
        }
    }

    private static string Purpose(string owner, string path) => $"offline/{owner}/{path}";

    /// <summary>Of one length, whatever the path: the engine limits the size of an index key.</summary>
    private static string Id(string owner, string path) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Purpose(owner, path))));

    private LiteDatabase? Open(string path)
    {
        try
        {
            var opened = new LiteDatabase(new ConnectionString { Filename = path, Connection = ConnectionType.Direct });
            opened.GetCollection(Collection).Count();
            return opened;
        }
        catch (Exception error)
        {
            log.LogWarning("offline cache: {Path} cannot be used and is made anew: {Problem}", path, error.Message);
            return null;
        }
    }

    private LiteDatabase? Replaced(string path)
    {
        try
        {
            File.Delete(path);
            File.Delete(Path.Combine(Path.GetDirectoryName(path)!, Path.GetFileNameWithoutExtension(path) + "-log.db"));
            return Open(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log.LogWarning("offline cache: goes without: {Problem}", error.Message);
            return null;
        }
    }
}
