using System.Globalization;

namespace Enkryptify.Gateway.LoadTests.Soak;

/// <summary>The process and its files at one moment.</summary>
/// <param name="AuditEntries">The number of the newest entry of the audit log: what the database grows by.</param>
/// <param name="Files">Bytes by name; what lies in a folder is summed up under the folder's.</param>
internal sealed record SoakSample(double ResidentMiB, double HeapMiB, long AuditEntries, int Descriptors, SortedDictionary<string, long> Files)
{
    public static async Task<SoakSample> Take(GatewayUnderTest gateway)
    {
        var metrics = await gateway.Admin.Text("/metrics");
        return new SoakSample(
            gateway.Server.ResidentMiB, Metric(metrics, "dotnet_gc_heap_bytes") / (1 << 20), (long)Metric(metrics, "enkryptify_audit_entries_total"),
            (int)Metric(metrics, "process_open_fds"), FilesOf(gateway.DataDirectory));
    }

    public long File(string name) => Files.GetValueOrDefault(name);

    public override string ToString() =>
        $"{ResidentMiB:0.0} MiB resident, {HeapMiB:0.0} MiB heap, {Descriptors} descriptors, {AuditEntries} audit entries; {string.Join(", ", Files.Select(file => $"{file.Key} {file.Value / 1024.0:0} KiB"))}";

    private static double Metric(string text, string name) =>
        double.Parse(text.Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal))[(name.Length + 1)..], CultureInfo.InvariantCulture);

    private static SortedDictionary<string, long> FilesOf(string directory)
    {
        var files = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(directory, path).Split('/')[0];
            if (new FileInfo(path) is { Exists: true, Length: > 0 } file)
            {
                files[name] = files.GetValueOrDefault(name) + file.Length;
            }
        }

        return files;
    }
}
