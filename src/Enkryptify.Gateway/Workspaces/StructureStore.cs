using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>Reading and making workspaces, teams, projects and environments (contract section 5).</summary>
internal sealed class StructureStore(Database database, Keyring keyring, AuditTrail audit, TimeProvider time)
{
    /// <summary>The workspaces that the caller has any right in.</summary>
    public ValueTask<Outcome<IReadOnlyList<Workspace>>> Workspaces(Caller caller)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("workspace"));
        return audit.Read<IReadOnlyList<Workspace>>(caller, draft, () => Outcome.Of<IReadOnlyList<Workspace>>(Of(caller)));
    }

    /// <summary>A workspace as the caller sees it, among all of theirs: what each page of the dashboard stands in.</summary>
    /// <param name="needsStructure">False for what can be looked at while the backend of a remote workspace gives no structure.</param>
    public ValueTask<Outcome<(WorkspaceView View, IReadOnlyList<Workspace> All)>> Surroundings(Caller caller, string workspace, bool needsStructure)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("workspace"));
        return audit.Read<(WorkspaceView, IReadOnlyList<Workspace>)>(caller, draft, () =>
            (needsStructure ? database.Structure.View(caller, workspace, Act.ReadStructure, draft) : database.Structure.View(caller, workspace, draft)).Refused(out var refusal, out var view)
                ? refusal
                : (view, Of(caller)));
    }

    /// <summary>A workspace as the caller sees it; <paramref name="kind"/> is what is listed of it.</summary>
    public ValueTask<Outcome<WorkspaceView>> View(Caller caller, string workspace, string kind)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget(kind));
        return audit.Read<WorkspaceView>(caller, draft, () => database.Structure.View(caller, workspace, Act.ReadStructure, draft));
    }

    /// <summary>A project that the caller sees, with the view it is seen in.</summary>
    public ValueTask<Outcome<(WorkspaceView View, Project Project)>> Project(Caller caller, string workspace, string project, string kind)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget(kind));
        return audit.Read<(WorkspaceView, Project)>(caller, draft, () =>
        {
            if (database.Structure.View(caller, workspace, Act.ReadStructure, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            if (view.Tree.Project(project) is { } named)
            {
                draft.Target = new AuditTarget(kind, named.Id.ToString("D"), named.Slug);
            }

            return view.Project(project) is { } seen ? (view, seen) : Lookup.NoProject;
        });
    }

    /// <summary>Only the local operator makes workspaces. It belongs to the host's first owner, or to the account with <paramref name="ownerEmail"/>.</summary>
    public Task<Outcome<Workspace>> CreateWorkspace(Caller caller, string name, string slug, string? ownerEmail)
    {
        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("workspace", null, slug));
        return audit.Change<Workspace>(caller, draft, transaction =>
        {
            if (caller is not OperatorCaller)
            {
                return Lookup.NotAllowed;
            }

            var owner = ownerEmail is null
                ? transaction.Sql.First("SELECT id FROM user_account WHERE verified = 1 ORDER BY created_at, id LIMIT 1", row => row.GetString(0))
                : transaction.Sql.First("SELECT id FROM user_account WHERE email = ?1 AND verified = 1", row => row.GetString(0), ownerEmail.Trim().ToLowerInvariant());
            if (owner is null)
            {
                return ownerEmail is null
                    ? Refusal.Conflict("no_owner", "There is no account to own the workspace yet: run enkryptify-gateway init first")
                    : Refusal.Invalid("ownerEmail", "no such account, or its e-mail was never confirmed (user reset-password confirms it)");
            }

            if (transaction.Find(slug) is not null)
            {
                return Refusal.Conflict("slug_taken", "A workspace with this slug exists already");
            }

            var workspace = Insert(transaction, time, name, slug, Guid.Parse(owner));
            draft.Target = new AuditTarget("workspace", workspace.Id.ToString("D"), slug);
            draft.Workspace = workspace.Id;
            return workspace;
        });
    }

    /// <summary>Within another change: a workspace, and its owner as a member. Who may do so is the caller's part.</summary>
    public static Workspace Insert(WriteTransaction transaction, TimeProvider time, string name, string slug, Guid owner)
    {
        var workspace = new Workspace(Ids.New(time), slug, name, owner, time.GetUtcNow());
        transaction.Sql.Execute(
            "INSERT INTO workspace (id, slug, name, owner_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)", workspace.Id, slug, name, owner, workspace.CreatedAt);
        transaction.Sql.Execute(
            "INSERT INTO member (id, workspace_id, user_id, role, scope, created_at) VALUES (?1, ?2, ?3, 'admin', ?4, ?5)",
            Ids.New(time), workspace.Id, owner, Scope.Everything.ToJson(), workspace.CreatedAt);
        transaction.TreeChanged(workspace.Id);
        return workspace;
    }

    public Task<Outcome<Team>> CreateTeam(Caller caller, string workspace, string name)
    {
        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("team", null, name));
        return audit.Change<Team>(caller, draft, transaction =>
        {
            if (transaction.View(caller, workspace, Act.ManageStructure, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            if (!view.Right.Covers(Place.Workspace))
            {
                return Lookup.NotAllowed;
            }

            if (view.Tree.Teams.Any(team => team.Name == name))
            {
                return Refusal.Conflict("name_taken", "A team with this name exists already");
            }

            var made = new Team(Ids.New(time), name, time.GetUtcNow(), []);
            transaction.Sql.Execute("INSERT INTO team (id, workspace_id, name, created_at) VALUES (?1, ?2, ?3, ?4)", made.Id, view.Tree.Id, name, made.CreatedAt);
            transaction.TreeChanged(view.Tree.Id);
            draft.Target = new AuditTarget("team", made.Id.ToString("D"), name);
            return made;
        });
    }

    public Task<Outcome<Project>> CreateProject(Caller caller, string workspace, string name, string slug, Guid teamId)
    {
        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("project", null, slug));
        return audit.Change<Project>(caller, draft, transaction =>
        {
            if (transaction.View(caller, workspace, Act.ManageStructure, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            if (view.Team(teamId) is not { } team)
            {
                return Lookup.NoTeam;
            }

            if (!view.Right.Covers(team.Place))
            {
                return Lookup.NotAllowed;
            }

            if (view.Tree.Project(slug) is not null)
            {
                return Refusal.Conflict("slug_taken", "A project with this slug exists already");
            }

            var now = time.GetUtcNow();
            var made = new Project(Ids.New(time), team.Id, slug, name, now, now, []);
            transaction.Sql.Execute(
                "INSERT INTO project (id, workspace_id, team_id, slug, name, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                made.Id, view.Tree.Id, team.Id, slug, name, now);
            transaction.TreeChanged(view.Tree.Id);
            draft.Target = new AuditTarget("project", made.Id.ToString("D"), slug);
            return made;
        });
    }

    public Task<Outcome<Env>> CreateEnvironment(Caller caller, string workspace, string project, string name, bool hasPersonalOverrides)
    {
        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("environment", null, name));
        return audit.Change<Env>(caller, draft, transaction =>
        {
            if (transaction.View(caller, workspace, Act.ManageStructure, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            if (view.Project(project) is not { } parent)
            {
                return Lookup.NoProject;
            }

            if (!view.Right.Covers(parent.Place))
            {
                return Lookup.NotAllowed;
            }

            if (parent.Environment(name) is not null)
            {
                return Refusal.Conflict("name_taken", "An environment with this name exists already in the project");
            }

            var made = new Env(Ids.New(time), parent.TeamId, parent.Id, name, hasPersonalOverrides, time.GetUtcNow());
            transaction.Sql.Execute(
                "INSERT INTO environment (id, project_id, name, has_personal_overrides, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                made.Id, parent.Id, name, hasPersonalOverrides, made.CreatedAt);
            keyring.CreateEnvironmentKey(transaction.Sql, made.Id, time);
            transaction.TreeChanged(view.Tree.Id);
            draft.Target = new AuditTarget("environment", made.Id.ToString("D"), name);
            draft.Add("project", parent.Slug);
            return made;
        });
    }

    private List<Workspace> Of(Caller caller) =>
        [.. database.Structure.All.Where(tree => caller.RightIn(tree) is not null).Select(tree => tree.Workspace).OrderBy(workspace => workspace.CreatedAt).ThenBy(workspace => workspace.Id)];
}
