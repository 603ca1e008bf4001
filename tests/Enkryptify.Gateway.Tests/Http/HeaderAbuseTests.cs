using System.Text;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Http;

/// <summary>Headers and request lines that no honest client sends: a 4xx, nothing changed, and the gateway goes on.</summary>
public class HeaderAbuseTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private const string Path = "/v1/workspace/acme/project/shop/secret";
    private readonly TestGateway gateway = shared.Gateway;

    [Theory]
    [InlineData("Authorization: Bearer {0}|Authorization: Bearer {0}")]
    [InlineData("Authorization: Bearer {0}|Authorization: Bearer a.b.c")]
    [InlineData("Authorization: Bearer a.b.c|Authorization: Bearer {0}")]
    [InlineData("Authorization: Bearer {0}|authorization: Basic ZWs6bGl2ZQ==")]
    [InlineData("Authorization: Bearer {0}, Bearer {0}")]
    [InlineData("Authorization: Bearer {0},a.b.c")]
    [InlineData("Authorization: Basic {0}")]
    [InlineData("Authorization: Bearer={0}")]
    [InlineData("Authorization: Bearer{0}")]
    [InlineData("Authorization: {0}")]
    [InlineData("Authorization: ")]
    [InlineData("Authorization: Bearer \"{0}\"")]
    public async Task One_bearer_or_none(string headers)
    {
        var (_, _, machine) = await gateway.Machine();
        Assert.Equal(200, (await Raw($"GET {Path}", [$"Authorization: Bearer {machine.Token}"])).Status);
        var answer = await Raw($"GET {Path}", headers.Replace("{0}", machine.Token!, StringComparison.Ordinal).Split('|'));
        Assert.Equal((401, "Invalid or expired token"), (answer.Status, answer.Message));
    }

    /// <summary>What the server itself refuses; the answer need not have a body.</summary>
    public static TheoryData<string, int> Refused => new()
    {
        { "huge header", 431 }, { "too many headers", 431 }, { "huge authorization", 431 }, { "long request line", 414 }, { "NUL in the path", 400 }, { "NUL in a header", 400 },
        { "no version", 400 }, { "HTTP/9.9", 505 }, { "two hosts", 400 }, { "no host", 400 }, { "blank in a header's name", 400 }, { "folded header", 400 },
        { "two lengths", 400 }, { "negative length", 400 }, { "length of letters", 400 }, { "unknown transfer encoding", 400 }, { "bad chunk", 400 },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_is_no_http_is_refused_before_anything_is_done(string name, int status)
    {
        var (_, _, machine) = await gateway.Machine();
        var proof = $"Authorization: Bearer {machine.Token}";
        var body = Json.Secret("ABUSED", "v", [shared.Acme.ShopDev]).ToJsonString();
        var json = "Content-Type: application/json";
        var request = name switch
        {
            "huge header" => RawConnection.Request($"GET {Path}", [proof, "X-Padding: " + new string('x', 40_000)]),
            "too many headers" => RawConnection.Request($"GET {Path}", [proof, .. Enumerable.Range(0, 200).Select(i => $"X-{i}: x")]),
            "huge authorization" => RawConnection.Request($"GET {Path}", [proof + new string('x', 40_000)]),
            "long request line" => RawConnection.Request($"GET {Path}?x={new string('x', 9_000)}", [proof]),
            "NUL in the path" => RawConnection.Request($"GET {Path}/%00", [proof]),
            "NUL in a header" => RawConnection.Request($"GET {Path}", [proof, "X-Nul: a\0b"]),
            "no version" => Text($"GET {Path}\r\nHost: x\r\n{proof}\r\n\r\n"),
            "HTTP/9.9" => Text($"GET {Path} HTTP/9.9\r\nHost: x\r\n{proof}\r\n\r\n"),
            "two hosts" => RawConnection.Request($"GET {Path}", [proof, "Host: other.test"]),
            "no host" => Text($"GET {Path} HTTP/1.1\r\nConnection: close\r\n{proof}\r\n\r\n"),
            "blank in a header's name" => RawConnection.Request($"GET {Path}", [proof, "X Y: z"]),
            "folded header" => RawConnection.Request($"GET {Path}", [proof, "X-Folded: a\r\n b"]),
            "two lengths" => RawConnection.Request($"POST {Path}", [proof, json, $"Content-Length: {body.Length}", "Content-Length: 1"], Encoding.UTF8.GetBytes(body)),
            "negative length" => RawConnection.Request($"POST {Path}", [proof, json, "Content-Length: -1"]),
            "length of letters" => RawConnection.Request($"POST {Path}", [proof, json, "Content-Length: ten"]),
            "unknown transfer encoding" => RawConnection.Request($"POST {Path}", [proof, json, "Transfer-Encoding: gzip"], Encoding.UTF8.GetBytes(body)),
            _ => RawConnection.Request($"POST {Path}", [proof, json, "Transfer-Encoding: chunked"], Text("zz\r\n" + body + "\r\n0\r\n\r\n")),
        };
        var before = TableDump.Of(gateway);
        var answer = await RawConnection.Send(gateway.Gateway.Urls[0], request);
        Assert.Equal(status, answer.Status);
        Assert.Equal(before, TableDump.Of(gateway));
        Assert.Equal(200, (await machine.Get(Path)).Status);
    }

    [Fact]
    public async Task A_body_that_breaks_off_changes_nothing()
    {
        var (_, _, machine) = await gateway.Machine();
        var before = TableDump.Of(gateway);
        var body = Json.Secret("BROKEN", "v", [shared.Acme.ShopDev]).ToJsonString();
        var request = RawConnection.Request(
            $"POST {Path}", [$"Authorization: Bearer {machine.Token}", "Content-Type: application/json", $"Content-Length: {body.Length + 10}"], Encoding.UTF8.GetBytes(body));
        await RawConnection.SendAndHangUp(gateway.Gateway.Urls[0], request);
        Assert.Equal(200, (await machine.Get(Path)).Status);
        Assert.Equal(before, TableDump.Of(gateway));
        Assert.DoesNotContain("bug:", gateway.Logs, StringComparison.Ordinal);
    }

    private static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);

    private Task<Answer> Raw(string line, string[] headers) => RawConnection.Send(gateway.Gateway.Urls[0], RawConnection.Request(line, headers));
}
