using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>
/// How a change at a backend ended, in our own words: those of the backend may be anything. Whether it may have happened is the question that its caller has,
/// so each refusal answers it.
/// </summary>
internal static class BackendWrites
{
    private const string UnknownCode = "backend_outcome_unknown";

    public static readonly Refusal OnlyWhole = Refusal.Conflict(
        "backend_deletes_whole", "This backend deletes a secret in all environments or in none; nothing was changed");

    private static readonly Refusal TokenRefused = new(
        RefusalKind.BadGateway, "backend_refused", "The backend did not take the gateway's token; nothing was changed, try again");

    /// <summary>It was not asked, or not reached, or did not begin.</summary>
    public static Refusal NotSent(string reason) => new(
        RefusalKind.Unavailable, "backend_unavailable", $"The backend of this workspace is not available, nothing was changed: {reason}");

    /// <summary>It was sent, and there was no answer that says how it ended.</summary>
    public static Refusal Unknown(string reason) => new(
        RefusalKind.BadGateway, UnknownCode, $"It is not known whether the backend made the change; read before you try again: {reason}");

    /// <summary>Whether what was kept of the backend is no longer to be relied on: it changed, or may have, or has not what it had.</summary>
    public static bool Moved(Refusal? refusal) => refusal is null or { Kind: RefusalKind.NotFound } or { Code: UnknownCode };

    /// <param name="missing">What 404 means for it.</param>
    /// <returns>Null when it was done.</returns>
    public static Refusal? Of(BackendResponse answer, Refusal missing) => answer.Status switch
    {
        200 or 201 or 204 => null,
        400 or 413 or 415 or 422 => new Refusal(RefusalKind.Invalid, "backend_refused_change", $"The backend does not accept this change ({answer.Status}); nothing was changed"),
        401 => TokenRefused,
        403 => Refusal.Forbidden("the backend does not let the gateway make this change") with { Reason = "backend_forbidden" },
        404 => missing,
        405 => Lookup.ReadOnly,
        409 => Conflict(answer),
        var other => Unknown($"it answered {other}"),
    };

    private static Refusal Conflict(BackendResponse answer) => Code(answer) switch
    {
        "secret_exists" => Refusal.Conflict("secret_exists", "A secret of this name already has a value in one of the environments"),
        "name_taken" => Refusal.Conflict("name_taken", "name: another secret of the project has this name"),
        _ => Refusal.Conflict("backend_conflict", "The change conflicts with what is at the backend; nothing was changed"),
    };

    private static string? Code(BackendResponse answer)
    {
        try
        {
            return BackendJson.Read(answer.Body, root => BackendJson.OptionalText(root, "code"));
        }
        catch (BackendFailure)
        {
            return null;
        }
    }
}
