using System.Text.Json.Serialization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Exchange.Oidc;

/// <summary>
/// POST /v1/workspace/{ws}/oidc/test: what the exchange would say to this token, step by step, without exchanging it. For admins: it tells what is registered.
/// </summary>
internal sealed class TestOidcToken(OidcProof proof, Database database, AuditTrail audit)
{
    public void Map(RouteTable routes) => routes.Post("/v1/workspace/{ws}/oidc/test", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var token = body.Text("token");
        if (body.Problem is { } problem)
        {
            return Reply.Refused(problem);
        }

        var draft = new AuditDraft(AuditAction.View, new AuditTarget("kubernetes"));
        var allowed = await audit.Read<Guid>(call.Caller, draft, () =>
            database.Structure.View(call.Caller, call.Segment("ws"), Act.ManageOthersCredentials, draft).Refused(out var refusal, out var view) ? refusal : view.Tree.Id);
        if (allowed.Refused(out var refused, out var workspace))
        {
            return Reply.Refused(refused);
        }

        var exam = await proof.Examine(token, workspace.ToString("D"), call.Aborted).ConfigureAwait(false);
        return Reply.Ok(ExaminationBody.Of(exam), OidcJson.Default.ExaminationBody);
    }
}

/// <param name="Reason">As in the audit log; null when the exchange would accept the token.</param>
internal sealed record ExaminationBody(bool Accepted, string? Reason, ExaminedIdentityBody? Identity, IReadOnlyList<ExaminedStepBody> Steps)
{
    public static ExaminationBody Of(Examination exam) => new(
        exam.Reason is null, exam.Reason, exam.Credential is { } credential ? new ExaminedIdentityBody(credential.Id, credential.Name) : null,
        [.. exam.Steps.Select(step => new ExaminedStepBody(step.Name, step.Passed, step.Found, step.Expected))]);
}

internal sealed record ExaminedIdentityBody(Guid Id, string Name);

internal sealed record ExaminedStepBody(string Step, bool Passed, string? Found, string? Expected);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ExaminationBody))]
internal sealed partial class OidcJson : JsonSerializerContext;
