namespace Enkryptify.Gateway.Secrets.References;

/// <summary>What a stored text names: <c>${NAME}</c> in the text's own environment (project and environment null), or <c>${project-slug.environment-name.NAME}</c> elsewhere in the workspace.</summary>
internal sealed record Reference(string? Project, string? Environment, string Name);

/// <summary>One reference and where it stands in its text, in UTF-16 units, <c>${</c> and <c>}</c> included.</summary>
internal readonly record struct ReferenceSpan(int Offset, int Length, Reference Reference)
{
    public int End => Offset + Length;
}

/// <summary>What became of a reference: whether its text took its place, or it stayed as written.</summary>
internal readonly record struct ReferenceOutcome(ReferenceSpan Span, bool IsResolved);

/// <summary>An environment of the workspace, by id.</summary>
internal readonly record struct EnvironmentAddress(Guid ProjectId, Guid EnvironmentId);

/// <summary>Where a secret's text lives: its environment and its name. Two spellings of a reference to one secret have one address.</summary>
internal readonly record struct SecretAddress(EnvironmentAddress Environment, string Name)
{
    public SecretAddress(Guid projectId, Guid environmentId, string name) : this(new EnvironmentAddress(projectId, environmentId), name) { }
}

/// <summary>The environment of that name in the project of that slug of the caller's workspace; null when there is none or the caller may not read it. Both are case-sensitive.</summary>
internal delegate EnvironmentAddress? LocateEnvironment(string projectSlug, string environmentName);

/// <summary>
/// The stored text the caller would read at an address; null when there is none or they may not. It answers the same for the whole request
/// (one snapshot), and it authorises by itself: the resolver asks for whatever a text names.
/// </summary>
internal delegate string? OpenSecret(SecretAddress address);

/// <summary>What one request may cost: how deep references nest, how many are considered, and how many UTF-8 bytes they insert.</summary>
internal sealed record ReferenceLimits(int Depth, int References, long Bytes)
{
    /// <summary>The limits of contract section 6.</summary>
    public static ReferenceLimits Contract { get; } = new(Depth: 10, References: 1_000, Bytes: 1 << 20);
}
