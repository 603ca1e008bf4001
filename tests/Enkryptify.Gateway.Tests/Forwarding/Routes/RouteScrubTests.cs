using System.Text;
using CsCheck;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Forwarding.Routes;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>What an upstream echoes does not reach the caller: injected values are struck out of headers, and of the bodies of errors, in the forms programs use.</summary>
public class RouteScrubTests(RouteWorld world) : IClassFixture<RouteWorld>
{
    [Theory]
    [InlineData("plain")]
    [InlineData("percent")]
    [InlineData("base64")]
    [InlineData("json")]
    [InlineData("html")]
    public async Task An_error_that_echoes_a_value_shows_none_of_it(string form)
    {
        await world.Load(world.Route());
        foreach (var (status, before) in ((int, int)[])[(400, 0), (403, 3), (500, 16_380), (502, 70_000), (599, 1_000_000)])
        {
            var answer = await world.Get($"/fail?status={status}&form={form}&header=X-Api-Key&before={before}");
            Assert.Equal(status, answer.Status);
            Clean(answer.Body);
            Clean(answer.Headers["X-Echo"]);
            Assert.EndsWith(" is not allowed", answer.Body, StringComparison.Ordinal);
            Assert.StartsWith(new string('.', before), answer.Body, StringComparison.Ordinal);
            Assert.Contains("****", answer.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Headers_are_cleared_of_values_whatever_the_status()
    {
        await world.Load(world.Route(route: "query = [\"key=%API_KEY%\"]"));
        Clean((await world.Get("/fail?status=200&header=X-Api-Key")).Headers["X-Echo"]);
        var redirect = await world.Get("/redirect?a=1");
        Assert.Equal(302, redirect.Status);
        Clean(redirect.Headers["Location"]);
        Assert.StartsWith("https://elsewhere.test/redirect?a=1&key=***", redirect.Headers["Location"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_basic_pair_is_struck_out_encoded_and_decoded()
    {
        await world.Store("PASSWORD", "hunter-two");
        await world.Load(world.Route(route: "basic = \"svc:%PASSWORD%\""));
        var echoed = await world.Get("/fail?status=401&header=Authorization");
        Assert.DoesNotContain(Convert.ToBase64String("svc:hunter-two"u8)[..^2], echoed.Body + echoed.Headers["X-Echo"], StringComparison.Ordinal);
        Assert.Contains("svc:********** is", (await world.Get("/fail?status=401&header=Authorization&form=decoded")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reason_phrase_is_not_passed_on()
    {
        await world.Load(world.Route());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/fail?status=400&header=X-Api-Key") { Headers = { Host = RouteWorld.Host } };
        using var response = await world.Gateway.Http.SendAsync(request);
        Assert.Equal("Bad Request", response.ReasonPhrase);
    }

    [Fact]
    public async Task UTF_16_hides_nothing()
    {
        await world.Load(world.Route());
        var answer = await world.Get("/fail?status=400&header=X-Api-Key&form=utf16&before=0");
        Assert.StartsWith(new string('*', RouteWorld.Value.Length * 2), answer.Body, StringComparison.Ordinal);
        Assert.Contains("i\0s\0 \0n\0o\0t", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_good_answer_is_not_touched()
    {
        await world.Load(world.Route());
        Assert.Contains(RouteWorld.Value, (await world.Get("/fail?status=200&header=X-Api-Key")).Body, StringComparison.Ordinal);
    }

    /// <summary>What the caller sent themselves is theirs to see.</summary>
    [Fact]
    public async Task The_callers_own_words_stay()
    {
        await world.Load(world.Route());
        Assert.Contains("...mine is not", (await world.Get("/fail?status=400&parameter=p&p=mine")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_that_cannot_be_looked_through_loses_its_body()
    {
        await world.Load(world.Route());
        var packed = await world.Get("/packed?status=500");
        Assert.Equal((500, ""), (packed.Status, packed.Body));
        Assert.False(packed.Headers.ContainsKey("Content-Encoding"));
        Assert.Equal("gzip", (await world.Get("/packed?status=200")).Headers["Content-Encoding"]);
    }

    [Fact]
    public async Task The_log_never_holds_a_value()
    {
        await world.Load(world.Route(route: "query = [\"key=%API_KEY%\"]"));
        await world.Get("/fail?status=500&header=X-Api-Key");
        await world.Get("/die-before");
        Clean(world.Gateway.Logs);
    }

    /// <summary>However the text is cut into reads, each occurrence is covered and nothing else is.</summary>
    [Fact]
    public void Every_occurrence_is_found_however_the_text_arrives() =>
        Gen.Select(Gen.Int[0, 3].Array[0, 60], Gen.Int[1, 7].Array[1, 20]).Sample((pieces, cuts) =>
        {
            string[] words = ["abcd", "bcdab", "x", "cdab"];
            var text = string.Concat(pieces.Select(piece => words[piece]));
            var scrubber = new Scrubber([new Sensitive("abcd"), new Sensitive("bcdab")], null);
            using var stream = new ScrubbingStream(new Cut(Encoding.ASCII.GetBytes(text), cuts), scrubber);
            using var reader = new StreamReader(stream);
            Assert.Equal(Struck(text, "abcd", "bcdab"), reader.ReadToEndAsync().GetAwaiter().GetResult());
        });

    [Fact]
    public void Values_of_less_than_four_bytes_are_left()
    {
        var scrubber = new Scrubber([new Sensitive("abc")], null);
        Assert.Equal("abc", scrubber.Header("abc").ToString());
        Assert.Equal("****", new Scrubber([new Sensitive("abcd")], null).Header("abcd").ToString());
    }

    private static void Clean(string text)
    {
        Assert.DoesNotContain("s3cret", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(RouteWorld.Value))[..^4], text, StringComparison.Ordinal);
    }

    private static string Struck(string text, params string[] words)
    {
        var struck = text.ToCharArray();
        for (var i = 0; i < text.Length; i++)
        {
            foreach (var word in words.Where(word => string.CompareOrdinal(text, i, word, 0, word.Length) == 0))
            {
                Array.Fill(struck, '*', i, word.Length);
            }
        }

        return new string(struck);
    }

    /// <summary>A stream that gives a few bytes at a time.</summary>
    private sealed class Cut(byte[] text, int[] sizes) : MemoryStream(text)
    {
        private int reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, sizes[reads++ % sizes.Length])], cancellationToken);
    }
}
