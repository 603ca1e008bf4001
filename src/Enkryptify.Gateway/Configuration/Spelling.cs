namespace Enkryptify.Gateway.Configuration;

/// <summary>Finds what was probably meant by a name that does not exist.</summary>
internal static class Spelling
{
    /// <summary><c>; did you mean x?</c>, or nothing when no candidate is near: a wrong guess sends people astray.</summary>
    public static string Suggest(string name, IEnumerable<string> candidates)
    {
        string last = Last(name);
        string? nearest = candidates
            .Select(candidate => (candidate, distance: Last(candidate) == last ? 0 : Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .Where(near => near.distance <= Math.Max(2, near.candidate.Length / 6))
            .OrderBy(near => near.distance)
            .Select(near => near.candidate)
            .FirstOrDefault();
        return nearest is null ? "" : $"; did you mean {nearest}?";
    }

    /// <summary>The right key in the wrong section is near, whatever the section.</summary>
    private static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];

    /// <summary>Levenshtein's: letters to insert, drop or change.</summary>
    private static int Distance(string from, string to)
    {
        int[] previous = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int[] current = new int[to.Length + 1];
            current[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int changed = previous[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                current[j] = Math.Min(changed, 1 + Math.Min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[^1];
    }
}
