using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Operations;

/// <summary>GET /openapi.json: the API document, written by hand in <c>openapi.json</c>; a test holds it against the route table.</summary>
internal sealed class GetOpenApi
{
    public void Map(RouteTable routes) => routes.Get("/openapi.json", RouteAccess.Anonymous("documentation"), Handle);

    private static readonly Lazy<Reply> Document = new(() =>
    {
        using var stream = typeof(GetOpenApi).Assembly.GetManifestResourceStream("openapi.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new BytesReply("application/json; charset=utf-8", bytes);
    });

    private static ValueTask<Reply> Handle(Call call) => ValueTask.FromResult(Document.Value);
}
