using System.Buffers;
using System.Text.Json;
using Enkryptify.Gateway.Secrets;

namespace Enkryptify.Gateway.Cli;

/// <summary>Secrets to create with one request, which the gateway carries out whole or not at all.</summary>
internal sealed record ImportBatch(int Count, byte[] Body)
{
    /// <summary>The gateway takes bodies of 4 MiB; what frames the secrets needs far less than the room left here.</summary>
    internal const int BodyLimit = 4 * 1024 * 1024 - 4096;

    /// <summary>As few batches as the limits on a request's size and number of values allow, in the file's order.</summary>
    public static List<ImportBatch> Of(string environmentId, IEnumerable<DotEnvEntry> entries)
    {
        List<ImportBatch> batches = [];
        ArrayBufferWriter<byte> secrets = new();
        int count = 0;
        foreach (DotEnvEntry entry in entries)
        {
            ArrayBufferWriter<byte> one = new();
            using (Utf8JsonWriter writer = new(one))
            {
                SecretBodies.WriteNew(writer, entry.Name, entry.Value);
            }

            if (count == CreateSecrets.MaxValues || (count > 0 && secrets.WrittenCount + 1 + one.WrittenCount > BodyLimit))
            {
                batches.Add(Closed(environmentId, count, secrets));
                secrets.ResetWrittenCount();
                count = 0;
            }

            if (count++ > 0)
            {
                secrets.Write(","u8);
            }

            secrets.Write(one.WrittenSpan);
        }

        if (count > 0)
        {
            batches.Add(Closed(environmentId, count, secrets));
        }

        return batches;
    }

    private static ImportBatch Closed(string environmentId, int count, ArrayBufferWriter<byte> secrets) => new(count, JsonBody.Of(writer =>
    {
        writer.WriteStrings("environments", [environmentId]);
        writer.WritePropertyName("secrets"u8);
        writer.WriteRawValue([.. "["u8, .. secrets.WrittenSpan, .. "]"u8], skipInputValidation: true);
    }));
}
