using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Enkryptify.Gateway.Benchmarks;

/// <summary>What one operation costs.</summary>
internal sealed record Figure(double Microseconds, long Bytes);

/// <summary>The bytes that each operation may allocate (<c>loadtests/baseline.json</c>), and whether it does.</summary>
internal static class Baseline
{
    private const double Tolerance = 1.10;

    /// <summary>A line for each benchmark, and then how many kept to the baseline.</summary>
    /// <returns>1 when one of them did not, or one side has a benchmark that the other lacks.</returns>
    public static int Compare(string file, IReadOnlyDictionary<string, Figure> measured)
    {
        var allowed = JsonNode.Parse(File.ReadAllText(file))!.AsObject().ToDictionary(one => one.Key, one => (long)one.Value!);
        var failed = 0;
        foreach (var name in allowed.Keys.Union(measured.Keys))
        {
            var problem = !measured.TryGetValue(name, out var figure) ? "did not run"
                : !allowed.TryGetValue(name, out var bytes) ? "is not in the baseline: run this with --write"
                : figure.Bytes > bytes * Tolerance ? string.Create(CultureInfo.InvariantCulture, $"allocates over 10 % more than the baseline's {bytes:N0} B")
                : null;
            failed += problem is null ? 0 : 1;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-20} {figure?.Microseconds,9:F2} µs {figure?.Bytes,8:N0} B  {problem ?? "ok"}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"benchmarks: {allowed.Keys.Union(measured.Keys).Count() - failed} passed, {failed} failed"));
        return failed == 0 ? 0 : 1;
    }

    public static int Write(string file, IReadOnlyDictionary<string, Figure> measured)
    {
        var json = new JsonObject(measured.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => KeyValuePair.Create(one.Key, (JsonNode?)JsonValue.Create(one.Value.Bytes))));
        File.WriteAllText(file, json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
        return 0;
    }
}
