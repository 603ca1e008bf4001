using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Secrets;

/// <summary>PUT /v1/workspace/{ws}/project/{prj}/secret/{id}: changes what differs, deletes nothing.</summary>
internal sealed class UpdateSecret(Vault vault)
{
    public const int MaxValues = 1_000;

    public void Map(RouteTable routes) => routes.Put("/v1/workspace/{ws}/project/{prj}/secret/{id}", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var name = body.Has("name") ? SecretFields.Name(body, "name") : null;
        var values = body.Objects("values", MaxValues, optional: true)
            .Select(entry => new ValueChange(entry.Text("environmentId", min: 1), SecretFields.Value(entry), entry.Truth("isPersonal", absent: false)))
            .ToList();
        var change = new SecretChange(name, SecretFields.Kind(body, "type"), SecretFields.Kind(body, "dataType"), SecretFields.Note(body), values);
        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(await vault.Update(call.Caller, call.Segment("ws"), call.Segment("prj"), call.Segment("id"), change), _ => Reply.Success());
    }
}
