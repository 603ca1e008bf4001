using System.Text.Json;

namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>What <c>serve --dev</c> writes to <c>dev.json</c> for whoever tries it out.</summary>
internal sealed record QuickStart(
    Uri Url, string Email, string Password, string Workspace, string Project, IReadOnlyDictionary<string, string> Environments, string ApiToken)
{
    public static QuickStart Read(NativeGateway gateway)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(gateway.DataDirectory, "dev.json")));
        var root = document.RootElement;
        return new QuickStart(
            gateway.Url,
            root.GetProperty("email").GetString()!,
            root.GetProperty("password").GetString()!,
            root.GetProperty("workspace").GetString()!,
            root.GetProperty("project").GetString()!,
            root.GetProperty("environments").EnumerateObject().ToDictionary(property => property.Name, property => property.Value.GetString()!),
            root.GetProperty("apiToken").GetString()!);
    }
}
