using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>PATCH and DELETE of workspace, team, project, environment: the same fields as their POST, each optional (contract section 5).</summary>
internal sealed class StructureEditEndpoints(StructureEdits edits)
{
    private const string Workspace = "/v1/workspace/{ws}";
    private const string Team = Workspace + "/team/{team}";
    private const string Project = Workspace + "/project/{prj}";
    private const string Environment = Project + "/environment/{env}";

    public void Map(RouteTable routes)
    {
        routes.Patch(Workspace, RouteAccess.Proven, ChangeWorkspace);
        routes.Patch(Team, RouteAccess.Proven, ChangeTeam);
        routes.Patch(Project, RouteAccess.Proven, ChangeProject);
        routes.Patch(Environment, RouteAccess.Proven, ChangeEnvironment);
        routes.Delete(Workspace, RouteAccess.Proven, call => Delete(call, force => edits.DeleteWorkspace(call.Caller, Ws(call), force)));
        routes.Delete(Team, RouteAccess.Proven, call => Delete(call, force => edits.DeleteTeam(call.Caller, Ws(call), call.Segment("team"), force)));
        routes.Delete(Project, RouteAccess.Proven, call => Delete(call, force => edits.DeleteProject(call.Caller, Ws(call), call.Segment("prj"), force)));
        routes.Delete(Environment, RouteAccess.Proven, call => Delete(
            call, force => edits.DeleteEnvironment(call.Caller, Ws(call), call.Segment("prj"), call.Segment("env"), force)));
    }

    private static string Ws(Call call) => call.Segment("ws");

    private static async ValueTask<Reply> Delete(Call call, Func<bool, Task<Outcome<Done>>> delete) =>
        call.Flag("force").Refused(out var refusal, out var force) ? Reply.Refused(refusal) : Reply.Of(await delete(force), _ => Reply.Success());

    private async ValueTask<Reply> ChangeWorkspace(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var (name, slug) = (OptionalName(body), OptionalSlug(body));
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await edits.ChangeWorkspace(call.Caller, Ws(call), name, slug), changed => Reply.Ok(WorkspaceBody.Of(changed), WorkspaceJson.Default.WorkspaceBody));
    }

    private async ValueTask<Reply> ChangeTeam(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var name = Names.Read(body, "name");
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await edits.ChangeTeam(call.Caller, Ws(call), call.Segment("team"), name),
                changed => Reply.Ok(TeamBody.Of(changed, changed.Projects.Count), WorkspaceJson.Default.TeamBody));
    }

    private async ValueTask<Reply> ChangeProject(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var (name, slug) = (OptionalName(body), OptionalSlug(body));
        Guid? team = body.Has("teamId") ? body.Id("teamId") : null;
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await edits.ChangeProject(call.Caller, Ws(call), call.Segment("prj"), name, slug, team),
                changed => Reply.Ok(ProjectBody.Of(changed), WorkspaceJson.Default.ProjectBody));
    }

    private async ValueTask<Reply> ChangeEnvironment(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var name = OptionalName(body);
        bool? overrides = body.Has("hasPersonalOverrides") ? body.Truth("hasPersonalOverrides") : null;
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await edits.ChangeEnvironment(call.Caller, Ws(call), call.Segment("prj"), call.Segment("env"), name, overrides),
                changed => Reply.Ok(EnvironmentBody.Of(changed), WorkspaceJson.Default.EnvironmentBody));
    }

    private static string? OptionalName(JsonFields body) => body.Has("name") ? Names.Read(body, "name") : null;

    private static string? OptionalSlug(JsonFields body) => body.Has("slug") ? Names.ReadSlug(body, "slug") : null;
}
