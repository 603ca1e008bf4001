namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>How the backends stand at one moment. Holds names, words and times, never a value.</summary>
internal sealed record BackendsStatus(IReadOnlyList<BackendStatus> Backends);

/// <param name="Workspace">Slug or id, as configured.</param>
/// <param name="State"><c>ok</c>, <c>failing</c>, <c>refused</c> (the gateway's credential) or <c>unknown</c> (not asked yet).</param>
/// <param name="MaxStale">Null when nothing is kept.</param>
/// <param name="Entries">Answers in the offline cache.</param>
/// <param name="LeftOut">Secrets of the environment read last that could not be served.</param>
internal sealed record BackendStatus(
    string Name, string Kind, string Workspace, string Origin, string State, DateTimeOffset? LastSuccess, DateTimeOffset? LastFailure, string? LastReason, TimeSpan? MaxStale,
    int Entries, int LeftOut, DateTimeOffset? CredentialEnds, bool Writable)
{
    /// <summary>So long before the gateway's credential ends, as far as the backend tells, the doctor warns.</summary>
    public static readonly TimeSpan WarnedBefore = TimeSpan.FromDays(7);
}
