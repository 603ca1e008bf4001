namespace Enkryptify.Gateway.Secrets;

internal sealed record DotEnvEntry(string Name, string Value, int Line);

internal sealed record DotEnvError(int Line, string Message);

internal sealed record DotEnvFile(IReadOnlyList<DotEnvEntry> Entries, IReadOnlyList<DotEnvError> Errors);

/// <summary>Reads the plain core of <c>.env</c> files: <c>NAME=value</c> a line, comments, <c>export</c>, one pair of quotes.</summary>
internal static class DotEnv
{
    public static DotEnvFile Parse(string text)
    {
        List<DotEnvEntry> entries = [];
        List<DotEnvError> errors = [];
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            line = line.StartsWith("export ", StringComparison.Ordinal) ? line[7..].TrimStart() : line;
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                errors.Add(new DotEnvError(number, "expected NAME=value"));
                continue;
            }

            string value = line[(equals + 1)..].Trim();
            bool quoted = value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0];
            entries.Add(new DotEnvEntry(line[..equals].TrimEnd(), quoted ? value[1..^1] : value, number));
        }

        return new DotEnvFile(entries, errors);
    }
}
