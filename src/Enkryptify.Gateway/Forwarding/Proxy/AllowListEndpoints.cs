using System.Text.Json;
using System.Text.Json.Serialization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>GET and PUT /v1/workspace/{ws}/proxy-allowlist: a bare array of origins; an empty one allows nothing (contract section 5).</summary>
internal sealed class AllowListEndpoints(AllowLists lists)
{
    private const string Path = "/v1/workspace/{ws}/proxy-allowlist";

    public void Map(RouteTable routes)
    {
        routes.Get(Path, RouteAccess.Proven, Read);
        routes.Put(Path, RouteAccess.Proven, Replace);
    }

    private async ValueTask<Reply> Read(Call call) => Reply.Of(await lists.Read(call.Caller, call.Segment("ws")), Shown);

    private async ValueTask<Reply> Replace(Call call)
    {
        var body = await JsonBody.ReadValue(call.Context);
        return Reply.Of(await lists.Replace(call.Caller, call.Segment("ws"), body.Refused(out var malformed, out var list) ? malformed : Origins(list)), Shown);
    }

    private static Reply Shown(IReadOnlyList<string> origins) => Reply.Ok(origins, AllowListJson.Default.IReadOnlyListString);

    private static Outcome<IReadOnlyList<Origin>> Origins(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            return Refusal.Invalid("body", "must be an array of origins");
        }

        if (list.GetArrayLength() > AllowLists.MaxEntries)
        {
            return Refusal.Invalid("body", $"must contain at most {AllowLists.MaxEntries} entries");
        }

        var origins = new List<Origin>();
        foreach (var item in list.EnumerateArray())
        {
            var field = $"[{origins.Count}]";
            if (item.ValueKind != JsonValueKind.String || Text(item) is not { } text)
            {
                return Refusal.Invalid(field, "must be a string");
            }

            if (Origin.ParseEntry(field, text).Refused(out var refusal, out var origin))
            {
                return refusal;
            }

            origins.Add(origin);
        }

        return origins;
    }

    /// <summary>Null for half of a surrogate pair.</summary>
    private static string? Text(JsonElement item)
    {
        try
        {
            return item.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class AllowListJson : JsonSerializerContext;
