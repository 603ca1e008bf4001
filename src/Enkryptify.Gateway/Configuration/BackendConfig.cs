using System.Collections.Immutable;

namespace Enkryptify.Gateway.Configuration;

internal enum BackendKind
{
    /// <summary>Another gateway, or the hosted service: the public contract on HTTP.</summary>
    Enkryptify,

    /// <summary>OpenBao or Vault, a key-value store of version 2.</summary>
    Kv2,
}

/// <summary>Where the secrets of one remote workspace come from. Read at start; a change needs a restart.</summary>
/// <param name="Workspace">Slug or id of the workspace of this gateway that is remote through it.</param>
/// <param name="Url">https, or http to loopback, or http anywhere where the operator allowed it.</param>
/// <param name="Credential">An API token of the other side, or a token of the key-value store.</param>
/// <param name="CaFile">The only trust root; null takes the system's.</param>
/// <param name="Timeout">For one answer, with all requests that it takes.</param>
/// <param name="MaxAnswerBytes">Of one response.</param>
/// <param name="Fresh">How long an environment's secrets are taken without asking again.</param>
/// <param name="StructureFresh">The same for teams, projects and environments.</param>
/// <param name="MaxStale">How long after it was given the last good answer may be served in an outage; null keeps none.</param>
/// <param name="RemoteWorkspace">Of kind enkryptify: slug or id of the workspace over there.</param>
/// <param name="KeyValue">Of kind kv2.</param>
/// <param name="Writable">Whether secrets are changed there through this gateway; of kind enkryptify alone.</param>
internal sealed record BackendConfig(
    string Name,
    BackendKind Kind,
    string Workspace,
    Uri Url,
    SecretReference Credential,
    string? CaFile,
    TimeSpan ConnectTimeout,
    TimeSpan Timeout,
    int MaxAnswerBytes,
    TimeSpan Fresh,
    TimeSpan StructureFresh,
    TimeSpan? MaxStale,
    string RemoteWorkspace,
    KeyValueConfig? KeyValue,
    bool Writable);

/// <summary>What a key-value store cannot tell by itself.</summary>
/// <param name="Namespace">The namespace header; null sends none.</param>
/// <param name="Path">Below the mount, with <c>{project}</c> and <c>{environment}</c>.</param>
/// <param name="Projects">Slugs.</param>
/// <param name="Environments">Names; each project has all of them.</param>
internal sealed record KeyValueConfig(string? Namespace, string Mount, string Path, ImmutableArray<string> Projects, ImmutableArray<string> Environments)
{
    public static string PathOf(string template, string project, string environment) =>
        template.Replace("{project}", project, StringComparison.Ordinal).Replace("{environment}", environment, StringComparison.Ordinal);
}
