using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>
/// Renaming and deleting workspaces, teams, projects and environments (contract section 5). What still holds secrets goes only by force. With an
/// environment goes its data key, so that what a backup elsewhere still holds of it opens with that backup alone.
/// </summary>
internal sealed class StructureEdits(AuditTrail audit, Keyring keyring, TimeProvider time)
{
    public static readonly Refusal HoldsSecrets = Refusal.Conflict("holds_secrets", "Secrets are still in there; delete them first, or add ?force=true");

    public Task<Outcome<Workspace>> ChangeWorkspace(Caller caller, string workspace, string? name, string? slug)
    {
        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("workspace"));
        return audit.Change<Workspace>(caller, draft, transaction =>
        {
            if (Manageable(transaction, caller, workspace, _ => Place.Workspace, Lookup.NoWorkspace, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            var changed = view.Workspace with { Name = name ?? view.Workspace.Name, Slug = slug ?? view.Workspace.Slug };
            if (changed.Slug != view.Workspace.Slug && transaction.Find(changed.Slug) is not null)
            {
                return Refusal.Conflict("slug_taken", "A workspace with this slug exists already");
            }

            draft.Target = new AuditTarget("workspace", changed.Id.ToString("D"), changed.Slug);
            transaction.Sql.Execute("UPDATE workspace SET name = ?2, slug = ?3 WHERE id = ?1", changed.Id, changed.Name, changed.Slug);
            transaction.TreeChanged(changed.Id);
            return changed;
        });
    }

    public Task<Outcome<Done>> DeleteWorkspace(Caller caller, string workspace, bool force) =>
        Delete(caller, workspace, "workspace", force, _ => Place.Workspace, Lookup.NoWorkspace, view => view.Tree.Id, "workspace", "p.workspace_id");

    public Task<Outcome<Team>> ChangeTeam(Caller caller, string workspace, string team, string name)
    {
        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("team"));
        return audit.Change<Team>(caller, draft, transaction =>
        {
            if (Manageable(transaction, caller, workspace, view => TeamOf(view, team)?.Place, Lookup.NoTeam, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            var found = TeamOf(view, team)!;
            if (view.Tree.Teams.Any(other => other.Name == name && other.Id != found.Id))
            {
                return Refusal.Conflict("name_taken", "A team with this name exists already");
            }

            draft.Target = new AuditTarget("team", found.Id.ToString("D"), name);
            transaction.Sql.Execute("UPDATE team SET name = ?2 WHERE id = ?1", found.Id, name);
            transaction.TreeChanged(view.Tree.Id);
            return found with { Name = name };
        });
    }

    public Task<Outcome<Done>> DeleteTeam(Caller caller, string workspace, string team, bool force) =>
        Delete(caller, workspace, "team", force, view => TeamOf(view, team)?.Place, Lookup.NoTeam, view => TeamOf(view, team)!.Id, "team", "p.team_id");

    /// <summary>With a team, the project moves there; both the old and the new place must be the caller's to manage.</summary>
    public Task<Outcome<Project>> ChangeProject(Caller caller, string workspace, string project, string? name, string? slug, Guid? teamId)
    {
        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("project"));
        return audit.Change<Project>(caller, draft, transaction =>
        {
            if (Manageable(transaction, caller, workspace, view => view.Project(project)?.Place, Lookup.NoProject, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            var found = view.Project(project)!;
            if (teamId is { } target)
            {
                if (view.Team(target) is not { } team)
                {
                    return Lookup.NoTeam;
                }

                if (!view.Right.Covers(team.Place) || (team.Id != found.TeamId && !view.Right.Covers(Place.OfTeam(found.TeamId))))
                {
                    return Lookup.NotAllowed;
                }
            }

            var changed = found with { Name = name ?? found.Name, Slug = slug ?? found.Slug, TeamId = teamId ?? found.TeamId, UpdatedAt = time.GetUtcNow() };
            if (changed.Slug != found.Slug && view.Tree.Project(changed.Slug) is not null)
            {
                return Refusal.Conflict("slug_taken", "A project with this slug exists already");
            }

            draft.Target = new AuditTarget("project", found.Id.ToString("D"), changed.Slug);
            transaction.Sql.Execute(
                "UPDATE project SET name = ?2, slug = ?3, team_id = ?4, updated_at = ?5 WHERE id = ?1", found.Id, changed.Name, changed.Slug, changed.TeamId, changed.UpdatedAt);
            transaction.TreeChanged(view.Tree.Id);
            return changed;
        });
    }

    public Task<Outcome<Done>> DeleteProject(Caller caller, string workspace, string project, bool force) => Delete(
        caller, workspace, "project", force, view => view.Project(project)?.Place, Lookup.NoProject, view => view.Project(project)!.Id, "project", "p.id");

    public Task<Outcome<Env>> ChangeEnvironment(Caller caller, string workspace, string project, string environment, string? name, bool? hasPersonalOverrides)
    {
        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("environment"));
        return audit.Change<Env>(caller, draft, transaction =>
        {
            if (Manageable(transaction, caller, workspace, view => EnvironmentOf(view, project, environment)?.Place, Lookup.NoEnvironment, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            var found = EnvironmentOf(view, project, environment)!;
            var changed = found with { Name = name ?? found.Name, HasPersonalOverrides = hasPersonalOverrides ?? found.HasPersonalOverrides };
            if (view.Project(project)!.Environment(changed.Name) is { } other && other.Id != found.Id)
            {
                return Refusal.Conflict("name_taken", "An environment with this name exists already in the project");
            }

            draft.Target = new AuditTarget("environment", found.Id.ToString("D"), changed.Name);
            transaction.Sql.Execute(
                "UPDATE environment SET name = ?2, has_personal_overrides = ?3 WHERE id = ?1", found.Id, changed.Name, changed.HasPersonalOverrides);
            transaction.TreeChanged(view.Tree.Id);
            return changed;
        });
    }

    public Task<Outcome<Done>> DeleteEnvironment(Caller caller, string workspace, string project, string environment, bool force) => Delete(
        caller, workspace, "environment", force, view => EnvironmentOf(view, project, environment)?.Place, Lookup.NoEnvironment,
        view => EnvironmentOf(view, project, environment)!.Id, "environment", "e.id");

    private static Team? TeamOf(WorkspaceView view, string id) => Ids.TryParse(id, out var parsed) ? view.Team(parsed) : null;

    private static Env? EnvironmentOf(WorkspaceView view, string project, string environment) =>
        view.Project(project) is { } parent ? view.Environment(parent, environment) : null;

    /// <summary>The workspace, when what is named in it is seen by the caller (else missing) and theirs to manage (else 403).</summary>
    private static Outcome<WorkspaceView> Manageable(
        WriteTransaction transaction, Caller caller, string workspace, Func<WorkspaceView, Place?> find, Refusal missing, AuditDraft draft)
    {
        if (transaction.View(caller, workspace, draft).Refused(out var refusal, out var view))
        {
            return refusal;
        }

        if (!view.Right.Allows(Act.ManageStructure))
        {
            return Lookup.NotAllowed;
        }

        if (find(view) is not { } place)
        {
            return missing;
        }

        // The workspace itself is this gateway's. A remote id must not reach the statements: another workspace may have the same.
        if (view.Tree.Remote is not null && place != Place.Workspace)
        {
            return Lookup.ReadOnly;
        }

        draft.Target = TargetOf(view.Tree, place);
        return view.Right.Covers(place) ? view : Lookup.NotAllowed;
    }

    private static AuditTarget TargetOf(WorkspaceTree tree, Place place) => place switch
    {
        { Environment: { } id } => new("environment", id.ToString("D"), tree.Environment(id)!.Name),
        { Project: { } id } => new("project", id.ToString("D"), tree.Project(id)!.Slug),
        { Team: { } id } => new("team", id.ToString("D"), tree.Team(id)!.Name),
        _ => new("workspace", tree.Id.ToString("D"), tree.Workspace.Slug),
    };

    /// <param name="table">Of our own words, as is <paramref name="column"/>: what holds the environments to be emptied.</param>
    private Task<Outcome<Done>> Delete(
        Caller caller, string workspace, string kind, bool force, Func<WorkspaceView, Place?> find, Refusal missing, Func<WorkspaceView, Guid> idOf,
        string table, string column)
    {
        var draft = new AuditDraft(AuditAction.Delete, new AuditTarget(kind));
        return audit.Change<Done>(caller, draft, transaction =>
        {
            if (Manageable(transaction, caller, workspace, find, missing, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            var (sql, id) = (transaction.Sql, idOf(view));
            var environments = $"SELECT e.id FROM environment e JOIN project p ON p.id = e.project_id WHERE {column} = ?1";
            if (!force && sql.Any($"SELECT 1 FROM secret_value WHERE environment_id IN ({environments}) LIMIT 1", id))
            {
                return HoldsSecrets;
            }

            var keys = sql.Query($"SELECT id FROM environment_key WHERE environment_id IN ({environments})", row => row.GetString(0), id);
            transaction.AfterCommit(() => keys.ForEach(keyring.Forget));
            sql.Execute($"DELETE FROM secret_value WHERE environment_id IN ({environments})", id);
            sql.Execute($"DELETE FROM environment_key WHERE environment_id IN ({environments})", id);
            sql.Execute($"DELETE FROM {table} WHERE id = ?1", id);
            sql.Execute(
                "DELETE FROM secret WHERE project_id IN (SELECT id FROM project WHERE workspace_id = ?1) AND NOT EXISTS (SELECT 1 FROM secret_value v WHERE v.secret_id = secret.id)",
                view.Tree.Id);
            transaction.TreeChanged(view.Tree.Id);
            return Done.Value;
        });
    }
}
