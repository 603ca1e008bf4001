using System.Text;
using Enkryptify.Gateway.Secrets;

namespace Enkryptify.Gateway.Cli;

/// <summary>Everything that is wrong with a file to import, at once and by line, found before anything is sent. Never quotes a value.</summary>
internal static class ImportCheck
{
    public static IReadOnlyList<string> Problems(DotEnvFile file, string shownName)
    {
        List<(int Line, string Message)> problems = [.. file.Errors.Select(error => (error.Line, error.Message))];
        HashSet<int> refused = [.. file.Errors.Select(error => error.Line)];
        Dictionary<string, int> seen = [];
        foreach (DotEnvEntry entry in file.Entries.Where(entry => !refused.Contains(entry.Line)))
        {
            if (Problem(entry) is { } problem)
            {
                problems.Add((entry.Line, problem));
            }
            else if (!seen.TryAdd(entry.Name, entry.Line))
            {
                problems.Add((entry.Line, $"{entry.Name} is already on line {seen[entry.Name]}"));
            }
        }

        return [.. problems.OrderBy(problem => problem.Line).Select(problem => $"{shownName}:{problem.Line}: {problem.Message}")];
    }

    private static string? Problem(DotEnvEntry entry) => entry switch
    {
        _ when !SecretName.IsValid(entry.Name) => "a secret's name is 1 to 128 of A-Z, a-z, 0-9, _ and -",
        _ when Guid.TryParse(entry.Name, out _) => "a secret's name must not look like an id",
        { Value.Length: 0 } => $"{entry.Name} is empty: a secret holds at least one character",
        _ when entry.Value.Contains('\0') => $"{entry.Name} holds a NUL character",
        _ when Encoding.UTF8.GetByteCount(entry.Value) > 64 * 1024 => $"{entry.Name} is larger than 64 KiB",
        _ => null,
    };
}
