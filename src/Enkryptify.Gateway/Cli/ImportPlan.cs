using System.Text.Json;
using Enkryptify.Gateway.Secrets;

namespace Enkryptify.Gateway.Cli;

/// <summary>What an import will do to one environment: create, change, or leave alone because the value is the same.</summary>
internal sealed record ImportPlan(
    IReadOnlyList<DotEnvEntry> New,
    IReadOnlyList<(DotEnvEntry Entry, JsonElement Secret)> Changed,
    IReadOnlyList<string> ExistingNames)
{
    public int Existing => ExistingNames.Count;

    public int Unchanged => ExistingNames.Count - Changed.Count;

    public static ImportPlan Of(IReadOnlyList<DotEnvEntry> entries, JsonElement listed, string environmentId)
    {
        Dictionary<string, JsonElement> there = listed.Items()
            .Where(secret => secret.Text("name") is not null && SecretBodies.Value(secret, environmentId) is not null)
            .ToDictionary(secret => secret.Text("name")!, StringComparer.Ordinal);
        List<DotEnvEntry> fresh = [];
        List<(DotEnvEntry, JsonElement)> changed = [];
        List<string> existing = [];
        foreach (DotEnvEntry entry in entries)
        {
            if (!there.TryGetValue(entry.Name, out JsonElement secret))
            {
                fresh.Add(entry);
                continue;
            }

            existing.Add(entry.Name);
            if (SecretBodies.Value(secret, environmentId) != entry.Value)
            {
                changed.Add((entry, secret));
            }
        }

        return new ImportPlan(fresh, changed, existing);
    }
}
