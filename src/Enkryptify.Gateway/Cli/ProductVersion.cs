using System.Reflection;

namespace Enkryptify.Gateway.Cli;

/// <summary>The version this executable was built as: <c>0.1.0+commit</c> of the assembly, taken apart.</summary>
internal sealed record ProductVersion(string Version, string? Commit)
{
    public static ProductVersion Current { get; } = Parse(
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0");

    /// <summary>When the commit was made, which is what this executable counts as built: the same commit gives the same bytes.</summary>
    public static DateTimeOffset? Date { get; } = DateTimeOffset.TryParse(
        typeof(ProductVersion).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(one => one.Key == "CommitDate")?.Value,
        System.Globalization.CultureInfo.InvariantCulture, out DateTimeOffset date) ? date.ToUniversalTime() : null;

    public static ProductVersion Parse(string informational)
    {
        string[] parts = informational.Split('+', 2);
        return new ProductVersion(parts[0], parts.Length == 2 && parts[1].Length > 0 ? parts[1] : null);
    }
}
