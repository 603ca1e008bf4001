using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;

namespace Enkryptify.Gateway.Encryption.Rotation;

/// <summary>GET /v1/key and POST /v1/key/rotate: for the local operator at the admin socket alone.</summary>
internal sealed class KeyEndpoints(KeyStore keys)
{
    /// <summary>Environments named in one request; all of them need no list.</summary>
    private const int MostEnvironments = 1000;

    public void Map(RouteTable routes)
    {
        routes.Get("/v1/key", RouteAccess.Proven, List);
        routes.Post("/v1/key/rotate", RouteAccess.Proven, Rotate);
    }

    private async ValueTask<Reply> List(Call call) =>
        Reply.Of(await keys.List(call.Caller), report => Reply.Ok(report, KeyJson.Default.KeyReport));

    private async ValueTask<Reply> Rotate(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        // Who may not rotate learns nothing of how it is asked for: the store refuses them, and notes it.
        var request = Read(body);
        return body.Problem is { } problem && call.Caller is OperatorCaller
            ? Reply.Refused(problem)
            : Reply.Of(await keys.Rotate(call.Caller, request), rotated => Reply.Ok(rotated, KeyJson.Default.RotatedBody));
    }

    /// <summary>What does not belong to the kind is refused: a mistyped command must not rotate something else.</summary>
    private static KeyRequest Read(JsonFields body)
    {
        body.NoOthers("kind", "environments", "all", "new", "finish");
        var kind = body.Text("kind", 1, 32);
        if (!KeyRequest.Kinds.Contains(kind))
        {
            body.Complain("kind", $"must be one of {string.Join(", ", KeyRequest.Kinds)}");
        }

        var (finish, all) = (body.Truth("finish", absent: false), body.Truth("all", absent: false));
        if (kind == "master" ? finish == body.Has("new") : finish || body.Has("new"))
        {
            body.Complain(body.Has("new") ? "new" : "finish", kind == "master" ? "give either 'new' or 'finish'" : "belongs to kind master");
        }

        if (kind == "environment" ? all == body.Has("environments") : all || body.Has("environments"))
        {
            body.Complain(body.Has("environments") ? "environments" : "all", kind == "environment" ? "give either 'environments' or 'all'" : "belongs to kind environment");
        }

        var environments = body.Has("environments") ? body.IdList("environments", MostEnvironments) : null;
        return new KeyRequest(kind, environments, body.OptionalText("new", 1, 4096) is { } text ? Reference(body, text) : null, finish);
    }

    private static SecretReference? Reference(JsonFields body, string text)
    {
        SecretReference? reference = text.Split(':', 2) switch
        {
            ["file", ['/', ..]] and [_, var path] => new(SecretReferenceKind.File, path),
            ["credential", { Length: > 0 } name] when !name.Contains('/', StringComparison.Ordinal) && name is not ("." or "..") => new(SecretReferenceKind.Credential, name),
            ["env", { Length: > 0 } name] => new(SecretReferenceKind.Environment, name),
            _ => null,
        };
        if (reference is null)
        {
            body.Complain("new", "must be file:/absolute/path, credential:NAME or env:NAME");
        }

        return reference;
    }
}
