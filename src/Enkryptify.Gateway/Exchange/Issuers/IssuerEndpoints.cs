using System.Text.Json.Serialization;
using System.Text.Json;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Exchange.Issuers;

/// <summary>GET, POST /v1/workspace/{ws}/issuer; PATCH, DELETE …/issuer/{id}; PUT …/issuer/{id}/keys. Unknown fields are refused: a misspelt <c>ca</c> would trust more than was meant.</summary>
internal sealed class IssuerEndpoints(IssuerStore issuers)
{
    private const string All = "/v1/workspace/{ws}/issuer";
    private const string One = All + "/{id}";

    public void Map(RouteTable routes)
    {
        routes.Get(All, RouteAccess.Proven, List);
        routes.Post(All, RouteAccess.Proven, Create);
        routes.Patch(One, RouteAccess.Proven, Change);
        routes.Delete(One, RouteAccess.Proven, Delete);
        routes.Put(One + "/keys", RouteAccess.Proven, PutKeys);
    }

    private async ValueTask<Reply> List(Call call) => Reply.Of(
        await issuers.List(call.Caller, call.Segment("ws")),
        list => Reply.Ok([.. list.Select(IssuerBody.Of)], IssuerJson.Default.IReadOnlyListIssuerBody));

    private async ValueTask<Reply> Create(Call call)
    {
        if (Read(await call.Body(), isNew: true).Refused(out var refusal, out var request))
        {
            return Reply.Refused(refusal);
        }

        return Reply.Of(await issuers.Create(call.Caller, call.Segment("ws"), request), issuer => Reply.Created(IssuerBody.Of(issuer), IssuerJson.Default.IssuerBody));
    }

    private async ValueTask<Reply> Change(Call call)
    {
        if (Read(await call.Body(), isNew: false).Refused(out var refusal, out var request))
        {
            return Reply.Refused(refusal);
        }

        return Reply.Of(
            await issuers.Change(call.Caller, call.Segment("ws"), call.Segment("id"), request), issuer => Reply.Ok(IssuerBody.Of(issuer), IssuerJson.Default.IssuerBody));
    }

    private async ValueTask<Reply> PutKeys(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        body.NoOthers("jwks", "keepPrevious");
        var keep = body.Truth("keepPrevious", absent: true);
        var (jwks, _) = IssuerRequest.ReadKeys(body, "jwks");
        if (jwks is null)
        {
            body.Complain("jwks", "is required and must be a JWK set");
        }

        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(
                await issuers.PutKeys(call.Caller, call.Segment("ws"), call.Segment("id"), jwks!, keep),
                issuer => Reply.Ok(IssuerBody.Of(issuer), IssuerJson.Default.IssuerBody));
    }

    private async ValueTask<Reply> Delete(Call call) => Reply.Of(await issuers.Delete(call.Caller, call.Segment("ws"), call.Segment("id")), _ => Reply.Success());

    private static Outcome<IssuerRequest> Read(Outcome<JsonFields> read, bool isNew)
    {
        if (read.Refused(out var malformed, out var body))
        {
            return malformed;
        }

        body.NoOthers("name", "url", "discovery", "jwksOrigin", "ca", "bearerToken", isNew ? "jwks" : "name");
        var request = IssuerRequest.Read(body, isNew);
        return body.Problem is { } problem ? problem : request;
    }
}

/// <param name="Keys">The sets that were uploaded, newest first.</param>
internal sealed record IssuerBody(
    Guid Id, string Name, string Url, bool Discovery, string? JwksOrigin, string? Ca, bool HasBearerToken, IReadOnlyList<UploadBody> Keys, DateTime CreatedAt, DateTime UpdatedAt)
{
    public static IssuerBody Of(Issuer issuer) => new(
        issuer.Id, issuer.Name, issuer.Url, issuer.Discovery, issuer.JwksOrigin, issuer.Ca, issuer.BearerToken is not null,
        [.. issuer.Uploads.Select(upload => new UploadBody([.. upload.Keys.Kids.Order(StringComparer.Ordinal)], upload.UploadedAt.UtcDateTime))],
        issuer.CreatedAt.UtcDateTime, issuer.UpdatedAt.UtcDateTime);
}

internal sealed record UploadBody(IReadOnlyList<string> Kids, DateTime UploadedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<IssuerBody>))]
[JsonSerializable(typeof(IssuerBody))]
internal sealed partial class IssuerJson : JsonSerializerContext;
