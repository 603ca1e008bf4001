using System.Runtime.InteropServices;

namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>
/// The native executable under test, published once a run with the line of <c>publish.ps1</c>; or, when <c>ENKRYPTIFY_GATEWAY_BINARY</c> names
/// one in its publish directory, that one.
/// </summary>
internal static class PublishedBinary
{
    public const string Name = "enkryptify-gateway";

    private static readonly Lazy<Task<string>> Published = new(FindOrPublishAsync);

    public static Task<string> GetAsync() => Published.Value;

    /// <summary>The arguments of the one <c>dotnet publish</c> line of <c>publish.ps1</c>.</summary>
    public static string[] PublishArguments()
    {
        var line = File.ReadLines(Repository.PathOf("publish.ps1")).Single(line => line.StartsWith("dotnet publish ", StringComparison.Ordinal));
        return line["dotnet ".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<string> FindOrPublishAsync()
    {
        if (Environment.GetEnvironmentVariable("ENKRYPTIFY_GATEWAY_BINARY") is { Length: > 0 } given)
        {
            return File.Exists(given) ? Path.GetFullPath(given) : throw new FileNotFoundException("ENKRYPTIFY_GATEWAY_BINARY names no file", given);
        }

        var arguments = PublishArguments();
        if (RuntimeInformation.ProcessArchitecture == Architecture.Arm64)
        {
            arguments = [.. arguments.Select(argument => argument.Replace("linux-x64", "linux-arm64", StringComparison.Ordinal))];
        }

        var directory = Repository.PathOf(arguments[Array.IndexOf(arguments, "-o") + 1]);
        if (Directory.Exists(directory))
        {
            // What an earlier publish left there must not pass for a part of this one.
            Directory.Delete(directory, recursive: true);
        }

        var (code, output, errors) = await ChildProcess.RunAsync("dotnet", arguments, Repository.Root, limit: TimeSpan.FromMinutes(10));
        return code == 0
            ? Path.Combine(directory, Name)
            : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} failed with exit code {code}:\n{output}{errors}");
    }
}
