using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary>A workspace, team, project or environment as a list endpoint shows it.</summary>
internal sealed record Place(string Id, string Name, string? Slug)
{
    public static Place From(JsonElement listed) => new(listed.Text("id") ?? "", listed.Text("name") ?? "", listed.Text("slug"));

    /// <summary>What an operator would type to name it.</summary>
    public override string ToString() => Slug ?? Name;
}

/// <summary>The API's paths, from places already looked up: ids only, so nothing an operator typed becomes part of one.</summary>
internal static class AdminPaths
{
    public const string Workspaces = "/v1/workspace";

    public static string Of(Place workspace) => $"{Workspaces}/{Uri.EscapeDataString(workspace.Id)}";

    public static string Teams(Place workspace) => $"{Of(workspace)}/team";

    public static string Projects(Place workspace) => $"{Of(workspace)}/project";

    public static string Environments(Place workspace, Place project) => $"{Projects(workspace)}/{Uri.EscapeDataString(project.Id)}/environment";

    public static string Secrets(Place workspace, Place project) => $"{Projects(workspace)}/{Uri.EscapeDataString(project.Id)}/secret";

    public static string Members(Place workspace) => $"{Of(workspace)}/rbac";

    public static string Member(Place workspace, string id) => $"{Members(workspace)}/{Uri.EscapeDataString(id)}";

    public static string Identities(Place workspace) => $"{Of(workspace)}/oidc";

    public static string Issuers(Place workspace) => $"{Of(workspace)}/issuer";

    public static string AllowList(Place workspace) => $"{Of(workspace)}/proxy-allowlist";

    public static string Tokens(Place workspace) => $"{Of(workspace)}/tokens";
}
