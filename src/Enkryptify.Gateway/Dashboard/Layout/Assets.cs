using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>
/// Style, scripts and icons, embedded in the executable. All lie under one path that is the digest of them all, so that each may be kept for ever
/// and modules find each other beside them; another version has another path.
/// </summary>
internal sealed class Assets
{
    private const string Prefix = "assets/";
    private readonly FrozenDictionary<string, Asset> files;

    public Assets()
    {
        var assembly = typeof(Assets).Assembly;
        files = assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .ToFrozenDictionary(name => name[Prefix.Length..], name => new Asset(name, Content(assembly, name)), StringComparer.Ordinal);
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, asset) in files.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            digest.AppendData(System.Text.Encoding.UTF8.GetBytes(name));
            digest.AppendData(asset.Plain);
        }

        Version = Convert.ToHexStringLower(digest.GetHashAndReset().AsSpan(0, 8));
    }

    public string Version { get; }

    public IEnumerable<string> Names => files.Keys;

    public void Map(RouteTable routes) => routes.Get("/assets/{version}/{name}", RouteAccess.Asset, Get);

    public string Url(string name) => files.ContainsKey(name) ? $"/assets/{Version}/{name}" : throw new InvalidOperationException($"There is no asset {name}.");

    private ValueTask<Reply> Get(Call call) => ValueTask.FromResult<Reply>(
        call.Segment("version") == Version && files.TryGetValue(call.Segment("name"), out var asset)
            ? new AssetReply(asset, $"\"{Version}\"")
            : Reply.Refused(Refusal.NotFound("Asset")));

    private static byte[] Content(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}

/// <summary>One file, compressed when it is first asked for.</summary>
internal sealed class Asset(string name, byte[] plain)
{
    private readonly Lazy<byte[]> brotli = new(() => Compressed(plain, stream => new BrotliStream(stream, CompressionLevel.Optimal)));
    private readonly Lazy<byte[]> gzip = new(() => Compressed(plain, stream => new GZipStream(stream, CompressionLevel.SmallestSize)));

    public byte[] Plain => plain;

    public byte[] Brotli => brotli.Value;

    public byte[] Gzip => gzip.Value;

    public string ContentType { get; } = Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => throw new InvalidOperationException($"The asset {name} has no content type."),
    };

    private static byte[] Compressed(byte[] plain, Func<Stream, Stream> compressor)
    {
        using var result = new MemoryStream();
        using (var stream = compressor(result))
        {
            stream.Write(plain);
        }

        return result.ToArray();
    }
}

internal sealed class AssetReply(Asset asset, string tag) : Reply
{
    public override async Task Write(HttpContext context, string requestId)
    {
        var (request, response) = (context.Request, context.Response);
        PageHeaders.Set(response.Headers);
        response.Headers.CacheControl = "public, max-age=31536000, immutable";
        response.Headers.ETag = tag;
        response.Headers.Vary = "Accept-Encoding";
        if (request.Headers.IfNoneMatch.ToString() == tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var accepted = request.Headers.AcceptEncoding.ToString();
        var (encoding, body) = accepted.Contains("br", StringComparison.Ordinal) ? ("br", asset.Brotli)
            : accepted.Contains("gzip", StringComparison.Ordinal) ? ("gzip", asset.Gzip)
            : (null, asset.Plain);
        response.Headers.ContentEncoding = encoding;
        response.ContentType = asset.ContentType;
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }
}
