using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;

namespace Enkryptify.Gateway.Credentials;

internal enum CredentialType
{
    /// <summary>An API token (<c>ek_live_…</c>), exchanged for JWTs.</summary>
    Static,

    /// <summary>A JWT for one environment that the CLI asks for on a person's behalf.</summary>
    Cli,

    /// <summary>A service account of a cluster, which proves itself with its own token.</summary>
    Kubernetes,
}

/// <summary>A credential as stored. Never the token itself.</summary>
/// <param name="Version">Grows with each rotation; a JWT holds only for the version it was issued under.</param>
internal sealed record Credential(
    Guid Id, Guid WorkspaceId, Guid CreatedBy, CredentialType Type, string Name, Permission Permission, Scope Scope, long Version, string? Prefix,
    string? Lifetime, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RotatedAt, DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt,
    byte[]? Digest)
{
    /// <summary>Who acts with it, for the audit log. Made once, since each request has an entry.</summary>
    public AuditActor Actor { get; } = new(Type.Wire(), Id.ToString("D"), Name);

    /// <summary>It as what is exchanged.</summary>
    public AuditTarget Target => new(Actor.Kind, Actor.Id, Actor.Name);

    /// <summary>Why it opens nothing now, or null when it does.</summary>
    public string? Ended(DateTimeOffset now) =>
        RevokedAt is not null ? "revoked"
        : ExpiresAt is { } end && now >= end ? "expired"
        : null;
}

internal static class CredentialTypes
{
    public static string Wire(this CredentialType type) => type switch
    {
        CredentialType.Static => "static",
        CredentialType.Cli => "cli",
        _ => "kubernetes",
    };

    public static CredentialType Parse(string text) => text switch
    {
        "static" => CredentialType.Static,
        "cli" => CredentialType.Cli,
        "kubernetes" => CredentialType.Kubernetes,
        _ => throw new InvalidOperationException("A credential row has an unknown type."),
    };
}
