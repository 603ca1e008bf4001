using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>What is known of a remote workspace's structure at one moment. One object for each state: trees are compared by it.</summary>
/// <param name="Backend">The name of the backend.</param>
/// <param name="Writable">Whether its secrets may be changed through this gateway.</param>
/// <param name="Fresh">How long an answer of its is taken without asking again.</param>
/// <param name="KeptSince">When the structure was given, if the backend could not be asked since; null while it answers.</param>
/// <param name="Unavailable">Why there is no structure; <paramref name="Teams"/> is empty then.</param>
internal sealed record RemoteState(string Backend, bool Writable, IReadOnlyList<Team> Teams, TimeSpan Fresh, DateTimeOffset? KeptSince, Refusal? Unavailable);

/// <summary>The workspaces of this gateway whose structure and secrets live elsewhere. Members, credentials and scopes live here for those too.</summary>
internal interface IRemoteWorkspaces
{
    /// <summary>Asks memory alone. Null for a workspace of this gateway's own.</summary>
    RemoteState? Of(Workspace workspace);

    /// <summary>
    /// Asks the backend for the structure if what is known is not fresh, on behalf of a caller who has some right in the workspace; anybody else makes
    /// nothing happen. How that went is in <see cref="Of"/> afterwards.
    /// </summary>
    ValueTask Prepare(Caller caller, string workspace);
}
