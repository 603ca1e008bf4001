using System.Security.Cryptography;

namespace Enkryptify.Gateway.Storage.Backup;

/// <summary>Writes and reads what lies behind the header: manifest, then files. Reading verifies all of it, whether or not it keeps it.</summary>
internal static class BackupContent
{
    public static void Write(Stream file, BackupHeader header, byte[] fileKey, StoreSnapshot snapshot, BackupProgress progress, CancellationToken stop)
    {
        var manifest = snapshot.Manifest;
        progress.Begin("writing", manifest.Files.Sum(part => part.Length));
        using var writer = new BackupWriter(file, header, fileKey);
        manifest.Write(writer);
        var buffer = new byte[BackupChunk.Size];
        foreach (var part in manifest.Files)
        {
            using var source = snapshot.Open(part);
            for (int read; (read = source.Read(buffer)) > 0;)
            {
                stop.ThrowIfCancellationRequested();
                writer.Write(buffer.AsSpan(..read));
                progress.Add(read);
            }
        }

        writer.Finish();
    }

    /// <param name="to">An empty directory for the files; null reads only.</param>
    /// <exception cref="BackupException">Anything in it is not as it was written.</exception>
    public static BackupManifest Read(BackupReader reader, string? to, BackupProgress progress, CancellationToken stop)
    {
        var manifest = BackupManifest.Read(reader);
        if (manifest.Files.FirstOrDefault(part => part.Length < 0 || !StoreFiles.IsSafe(part.Name)) is { } odd)
        {
            throw BackupException.Damaged($"the backup's manifest names a file that no store has: {odd.Name}");
        }

        progress.Begin("verifying", manifest.Files.Sum(part => part.Length));
        foreach (var part in manifest.Files)
        {
            Read(reader, part, to, progress, stop);
        }

        reader.End();
        return manifest;
    }

    private static void Read(BackupReader reader, BackupPart part, string? to, BackupProgress progress, CancellationToken stop)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = to is null ? null : New(Path.Combine(to, part.Name));
        var buffer = new byte[BackupChunk.Size];
        for (var left = part.Length; left > 0;)
        {
            stop.ThrowIfCancellationRequested();
            var piece = buffer.AsSpan(..(int)Math.Min(left, buffer.Length));
            reader.ReadExactly(piece);
            digest.AppendData(piece);
            file?.Write(piece);
            progress.Add(piece.Length);
            left -= piece.Length;
        }

        file?.Flush(flushToDisk: true);
        if (Convert.ToHexStringLower(digest.GetHashAndReset()) != part.Sha256)
        {
            throw BackupException.Damaged($"{part.Name} in the backup is not what its manifest says.");
        }
    }

    private static FileStream New(string path)
    {
        PrivateMode.MakeDirectory(Path.GetDirectoryName(path)!);
        return PrivateMode.New(path);
    }
}
