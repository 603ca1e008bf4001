using System.Text.Json.Nodes;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage.Backup;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Storage.Backup;

/// <summary>A directory for backups, and what tests do with them.</summary>
internal sealed class Backing : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("ekbk-").FullName;

    public string File => In("store.ekbackup");

    public string In(string name) => Path.Combine(Root, name);

    public static MasterKey Master(TestGateway gateway) => MasterKey.Load(gateway.Config.Encryption.MasterKey);

    /// <summary>Begins one at the admin socket, waits for its end, and gives what the gateway says of it.</summary>
    public static async Task<JsonNode> Make(TestGateway gateway, string? to)
    {
        var begun = await gateway.Operator.Post("/v1/backup", to is null ? null : Json.Of(("to", to)));
        Assert.True(begun.Status == 200, begun.Body);
        return await End(gateway, (string)begun.Json["running"]!["id"]!);
    }

    public static async Task<JsonNode> End(TestGateway gateway, string id)
    {
        for (; ; await Task.Delay(10, TestContext.Current.CancellationToken))
        {
            var status = (await gateway.Operator.Get("/v1/backup")).Json;
            if (status["running"] is null)
            {
                Assert.Equal(id, (string)status["last"]!["id"]!);
                return status["last"]!;
            }
        }
    }

    /// <summary>One that must succeed.</summary>
    public async Task<byte[]> Made(TestGateway gateway)
    {
        var last = await Make(gateway, File);
        Assert.Null((string?)last["problem"]);
        return await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken);
    }

    public CheckedBackup Check(TestGateway gateway, string? file = null) => BackupCheck.Run(file ?? File, Master(gateway), new BackupProgress(), CancellationToken.None);

    public Restored Restore(TestGateway gateway, string directory, bool replace = false, bool newer = false, bool revoke = false, bool despite = false) => StoreRestore.Run(
        File, Master(gateway), directory, new RestoreWishes(replace, newer, revoke, despite), gateway.Clock, new BackupProgress(), CancellationToken.None);

    /// <summary>Reads the bytes of a backup to their end.</summary>
    public static BackupManifest Read(byte[] bytes, MasterKey master)
    {
        using var reader = BackupReader.Open(new MemoryStream(bytes), BackupKey.Of(master));
        return BackupContent.Read(reader, null, new BackupProgress(), CancellationToken.None);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
