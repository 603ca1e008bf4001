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

    /// <summary>What a backend holds is changed there.</summary>
    public static readonly Refusal ReadOnly = new(
        RefusalKind.MethodNotAllowed, "backend_read_only", "This workspace lives at a backend, and this is changed there");

    /// <summary>
    /// A workspace the caller has no right in is missing. The audit log names what exists, in the caller's sight or not, and never repeats what a
    /// caller made up: a token or a value pasted into a path must not be kept (invariant 4). So do the look-ups of the slices.
    /// </summary>
    public static Outcome<WorkspaceView> View(this ITrees trees, Caller caller, string reference, AuditDraft draft)
    {
        if (trees.Find(reference) is not { } tree)
        {
            return NoWorkspace;
        }

        draft.Add("workspaceRef", tree.Workspace.Slug);
        if (caller.RightIn(tree) is not { } right)
        {
            return NoWorkspace;
        }

        draft.Workspace = tree.Id;
        return new WorkspaceView(tree, right);
    }

    /// <summary>
    /// The workspace, if the caller may do this anywhere in it. Of a remote workspace nothing can be seen while its backend gives no structure, and its
    /// structure is not managed here.
    /// </summary>
    public static Outcome<WorkspaceView> View(this ITrees trees, Caller caller, string reference, Act act, AuditDraft draft) =>
        trees.View(caller, reference, draft).Refused(out var refusal, out var view) ? refusal
        : !view.Right.Allows(act) ? NotAllowed
        : view.Tree.Remote is not { } remote ? view
        : act == Act.ManageStructure ? ReadOnly
        : act is Act.ReadStructure or Act.ReadSecrets && remote.Unavailable is { } unavailable ? unavailable
        : view;
}
