using System.Reflection;

namespace Enkryptify.Gateway.Cli;

/// <summary>The version this executable was built as: <c>0.1.0+commit</c> of the assembly, taken apart.</summary>
internal sealed record ProductVersion(string Version, string? Commit)
{
    public static ProductVersion Current { get; } = Parse(
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0");

    public static ProductVersion Parse(string informational)
    {
        string[] parts = informational.Split('+', 2);
        return new ProductVersion(parts[0], parts.Length == 2 && parts[1].Length > 0 ? parts[1] : null);
    }
}
