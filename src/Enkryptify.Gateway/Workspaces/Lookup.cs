using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>The first steps of every operation: which workspace, as this caller sees it, and whether they may do such a thing there at all.</summary>
internal static class Lookup
{
    public static readonly Refusal NoWorkspace = Refusal.NotFound("Workspace");
    public static readonly Refusal NoTeam = Refusal.NotFound("Team");
    public static readonly Refusal NoProject = Refusal.NotFound("Project");
    public static readonly Refusal NoEnvironment = Refusal.NotFound("Environment");
    public static readonly Refusal NoSecret = Refusal.NotFound("Secret");
    public static readonly Refusal NotAllowed = Refusal.Forbidden();

    /// <summary>A workspace the caller has no right in is missing.</summary>
    public static Outcome<WorkspaceView> View(this ITrees trees, Caller caller, string reference, AuditDraft draft)
    {
        draft.Add("workspaceRef", Bounded(reference));
        if (trees.Find(reference) is not { } tree || caller.RightIn(tree) is not { } right)
        {
            return NoWorkspace;
        }

        draft.Workspace = tree.Id;
        return new WorkspaceView(tree, right);
    }

    /// <summary>The workspace, if the caller may do this anywhere in it.</summary>
    public static Outcome<WorkspaceView> View(this ITrees trees, Caller caller, string reference, Act act, AuditDraft draft) =>
        trees.View(caller, reference, draft).Refused(out var refusal, out var view) ? refusal
        : !view.Right.Allows(act) ? NotAllowed
        : view;

    /// <summary>What a caller named goes into the audit log only as far as a valid name could.</summary>
    public static string Bounded(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
