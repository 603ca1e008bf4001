using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Dashboard;

public partial class AssetTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private readonly TestGateway gateway = shared.Gateway;
    private readonly Assets assets = new();

    [Fact]
    public async Task Each_is_kept_for_ever_and_comes_compressed_to_who_asks()
    {
        foreach (var name in assets.Names)
        {
            var plain = await Get(name, null);
            Assert.Equal((200, "public, max-age=31536000, immutable", $"\"{assets.Version}\"", "nosniff"), (
                (int)plain.StatusCode, plain.Headers.CacheControl!.ToString(), plain.Headers.ETag!.Tag, plain.Headers.GetValues("X-Content-Type-Options").Single()));
            Assert.Empty(plain.Content.Headers.ContentEncoding);
            var text = await plain.Content.ReadAsStringAsync();
            foreach (var (coding, open) in new (string, Func<Stream, Stream>)[] { ("br", body => new BrotliStream(body, CompressionMode.Decompress)), ("gzip", body => new GZipStream(body, CompressionMode.Decompress)) })
            {
                var packed = await Get(name, coding);
                Assert.Equal(coding, packed.Content.Headers.ContentEncoding.Single());
                using var reader = new StreamReader(open(await packed.Content.ReadAsStreamAsync()), Encoding.UTF8);
                Assert.Equal(text, await reader.ReadToEndAsync());
            }

            Assert.Equal(HttpStatusCode.NotModified, (await Get(name, null, $"\"{assets.Version}\"")).StatusCode);
        }

        Assert.Equal(404, (await gateway.Anonymous.Get("/assets/0000000000000000/app.css")).Status);
        Assert.Equal(404, (await gateway.Anonymous.Get($"/assets/{assets.Version}/openapi.json")).Status);
        Assert.Equal(404, (await gateway.Anonymous.Get($"/assets/{assets.Version}/..%2Fopenapi.json")).Status);
    }

    [Fact]
    public async Task All_style_and_script_together_is_small_and_loads_nothing_from_elsewhere()
    {
        var (plain, sent) = (0L, 0L);
        foreach (var name in assets.Names.Where(name => name.EndsWith(".css", StringComparison.Ordinal) || name.EndsWith(".js", StringComparison.Ordinal)))
        {
            var text = await (await Get(name, null)).Content.ReadAsStringAsync();
            Assert.False(Elsewhere().IsMatch(text), $"{name} names {Elsewhere().Match(text).Value}");
            plain += text.Length;
            sent += (await Get(name, "br")).Content.Headers.ContentLength!.Value;
        }

        Assert.InRange(plain, 1000, 100 * 1024);
        Assert.InRange(sent, 1000, 40 * 1024);
    }

    [Fact]
    public async Task Whatever_a_module_imports_is_there()
    {
        foreach (var name in assets.Names.Where(name => name.EndsWith(".js", StringComparison.Ordinal)))
        {
            foreach (Match import in Import().Matches(await (await Get(name, null)).Content.ReadAsStringAsync()))
            {
                Assert.Contains(import.Groups[1].Value, assets.Names);
            }
        }
    }

    private async Task<HttpResponseMessage> Get(string name, string? coding, string? tag = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, assets.Url(name));
        if (coding is not null)
        {
            request.Headers.Add("Accept-Encoding", coding);
        }

        if (tag is not null)
        {
            request.Headers.Add("If-None-Match", tag);
        }

        return await gateway.Http.SendAsync(request);
    }

    [GeneratedRegex("""https?://|url\(|@import|eval\(|innerHTML|localStorage|sessionStorage|document\.write""")]
    private static partial Regex Elsewhere();

    [GeneratedRegex("""(?:import|from) "\./([^"]+)";""")]
    private static partial Regex Import();
}
