using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>The entries of the sidebar.</summary>
internal enum Section
{
    None,
    Credentials,
    Projects,
    Members,
    Forwarding,
    Audit,
    Overview,
    Account,
}

/// <summary>What surrounds a page: title, who is signed in, where they are, what the last page has to say.</summary>
/// <param name="Workspace">Null outside a workspace.</param>
/// <param name="Told">The flash message, already taken.</param>
internal sealed record Shell(
    string Title, Section Section, LoginCaller? Person, WorkspaceView? Workspace, IReadOnlyList<Workspace> Workspaces, Visit Visit, string? Told, DateTimeOffset Now,
    Assets Assets)
{
    public string FormToken => Visit.FormToken;

    /// <summary>A path in this workspace: <c>shell.Path("credentials")</c> is <c>/w/acme/credentials</c>.</summary>
    public string Path(string rest) => $"/w/{Workspace!.Workspace.Slug}/{rest}";

    public bool Allows(Act act) => Workspace?.Right.Allows(act) == true;

    /// <summary>Whether the sidebar shows it. The page itself asks its store, which decides.</summary>
    public bool Shows(Section section) => section switch
    {
        Section.Members => Allows(Act.ManageMembers),
        Section.Forwarding => Allows(Act.ManageAllowList),
        Section.Audit => Allows(Act.ReadAudit),
        _ => true,
    };
}

/// <summary>Makes the shell of a page: the one place where a page learns who and where.</summary>
internal sealed class Shells(StructureStore structure, Assets assets, TimeProvider time)
{
    /// <summary>A page outside any workspace, for whoever visits.</summary>
    public Shell Plain(Call call, string title, Section section = Section.None) =>
        new(title, section, call.Visitor, null, [], call.Visit, call.Visit.Told(), time.GetUtcNow(), assets);

    /// <summary>A page in the workspace of the path's <c>{ws}</c>, or the refusal that the workspace is none of theirs.</summary>
    public async ValueTask<Outcome<Shell>> InWorkspace(Call call, string title, Section section)
    {
        var seen = await structure.Surroundings(call.Person, call.Segment("ws"), needsStructure: section is not (Section.Forwarding or Section.Audit or Section.Overview)).ConfigureAwait(false);
        return seen.Refused(out var refusal, out var surroundings)
            ? refusal
            : new Shell(title, section, call.Person, surroundings.View, surroundings.All, call.Visit, call.Visit.Told(), time.GetUtcNow(), assets);
    }
}
