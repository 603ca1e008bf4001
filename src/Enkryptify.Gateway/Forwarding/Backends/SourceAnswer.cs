using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Backends;

internal enum Answered
{
    Found,

    /// <summary>The backend answers, and there is no such thing for the gateway's credential (404).</summary>
    Missing,

    /// <summary>The backend answers, and the gateway's credential may not read it (403).</summary>
    Forbidden,

    /// <summary>The gateway's credential is no longer one (401 to the exchange).</summary>
    CredentialEnded,

    /// <summary>No answer, or none that can be used.</summary>
    Failed,
}

/// <summary>What a backend answered. Only the last kind is ever covered by a kept answer: the others are answers.</summary>
/// <param name="Reason">Of a failure, in our own words: it is shown to callers.</param>
/// <param name="Away">The whole backend is down or slow, so that it is not asked again for a moment.</param>
internal sealed record SourceAnswer<T>(Answered Kind, T? Value = default, string? Reason = null, bool Away = false)
{
    public static SourceAnswer<T> Of(T value) => new(Answered.Found, value);

    public static SourceAnswer<T> No(Answered kind) => new(kind);
}

/// <summary>The backend gave nothing that can be used; caught where answers are kept.</summary>
/// <param name="isUndone">Nothing can have happened there: it was not reached, or said that it is too busy.</param>
internal sealed class BackendFailure(string reason, bool away, bool isUndone = false) : Exception(reason)
{
    public bool Away => away;

    public bool IsUndone => isUndone;
}

/// <summary>The backend said no; caught where answers are kept.</summary>
internal sealed class BackendRefusal(Answered kind) : Exception(kind.ToString())
{
    public Answered Kind => kind;
}

/// <summary>The structure that a backend gave.</summary>
/// <param name="Workspace">The id over there.</param>
internal sealed record RemoteStructure(Guid Workspace, IReadOnlyList<Team> Teams);

/// <summary>The secrets of one environment that a backend gave.</summary>
/// <param name="LeftOut">How many were not of a form that this gateway can serve.</param>
internal sealed record RemoteSecrets(IReadOnlyList<RemoteSecret> Secrets, int LeftOut);

/// <summary>A kind of backend. Fails with <see cref="BackendFailure"/> and <see cref="BackendRefusal"/>; bounded by the token it is given.</summary>
internal interface IBackendSource : IDisposable
{
    /// <summary>When the gateway's credential ends, where the backend told.</summary>
    DateTimeOffset? CredentialEnds { get; }

    Task<RemoteStructure> Structure(CancellationToken limit);

    Task<RemoteSecrets> Secrets(Guid workspace, Project project, Env environment, CancellationToken limit);
}
