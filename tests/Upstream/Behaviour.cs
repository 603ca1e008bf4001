using System.Globalization;
using System.IO.Compression;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;

namespace Enkryptify.Upstream;

/// <summary>What the server does, by the last segment of the path.</summary>
internal static class Behaviour
{
    private static int requests;

    public static Task Answer(HttpContext context)
    {
        Interlocked.Increment(ref requests);
        return context.Request.Path.Value!.Split('/')[^1] switch
        {
            "healthz" or "quick" => context.Response.WriteAsync("ok"),
            "stream" => Stream(context),
            "sink" => Sink(context),
            "ws" => Echo(context),
            "die" => Die(context),
            "die-before" => Abort(context),
            "hang" => Task.Delay(Timeout.Infinite, context.RequestAborted),
            "silent" => Silent(context),
            "fail" => Fail(context),
            "packed" => Packed(context),
            "redirect" => Redirect(context),
            "cookie" => Cookie(context),
            "empty" => Empty(context),
            _ => Say(context),
        };
    }

    /// <summary>Answers every connection with something that is not HTTP.</summary>
    public static async Task Garble(TcpListener listener)
    {
        while (true)
        {
            using var client = await listener.AcceptTcpClientAsync();
            var buffer = new byte[1024];
            _ = await client.GetStream().ReadAsync(buffer);
            await client.GetStream().WriteAsync("\x01\x02 certainly not HTTP \x03\n\n\n"u8.ToArray());
        }
    }

    /// <summary>The request as it came: target as written, every header, the body as text.</summary>
    private static async Task<JsonObject> Describe(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        var headers = new JsonObject();
        foreach (var (name, values) in context.Request.Headers)
        {
            headers[name] = string.Join(" | ", values.ToArray());
        }

        return new JsonObject
        {
            ["process"] = Environment.ProcessId,
            ["requests"] = requests,
            ["method"] = context.Request.Method,
            ["target"] = context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            ["headers"] = headers,
            ["body"] = body,
        };
    }

    private static async Task Say(HttpContext context)
    {
        var text = (await Describe(context)).ToJsonString();
        context.Response.ContentType = "application/json";
        context.Response.Headers["X-Upstream"] = "yes";
        await context.Response.WriteAsync(text);
    }

    /// <summary>Echoes one header (<c>?header=</c>) or parameter (<c>?parameter=</c>) in a form (<c>?form=</c>), in a header and in the body, with any status.</summary>
    private static async Task Fail(HttpContext context)
    {
        var query = context.Request.Query;
        var value = query["header"] is [{ } header] ? context.Request.Headers[header].ToString() : query[query["parameter"].ToString()].ToString();
        var echoed = query["form"].ToString() switch
        {
            "percent" => Uri.EscapeDataString(value),
            "base64" => Convert.ToBase64String(Encoding.UTF8.GetBytes(value)),
            "decoded" => Encoding.UTF8.GetString(Convert.FromBase64String(value["Basic ".Length..])),
            "json" => JsonValue.Create(value).ToJsonString(),
            "html" => System.Net.WebUtility.HtmlEncode(value),
            _ => value,
        };
        context.Response.StatusCode = int.Parse(query["status"].ToString(), CultureInfo.InvariantCulture);
        context.Response.Headers["X-Echo"] = string.Concat(echoed.Where(char.IsAscii));
        context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = string.Concat(echoed.Where(char.IsAscii));
        var before = new string('.', query["before"] is [{ } count] ? int.Parse(count, CultureInfo.InvariantCulture) : 3);
        var body = (query["form"] == "utf16" ? Encoding.Unicode : Encoding.UTF8).GetBytes($"{before}{echoed} is not allowed");
        context.Response.ContentLength = body.Length;

        // In two pieces, so that the value lies across them.
        var cut = before.Length + (echoed.Length / 2);
        await context.Response.Body.WriteAsync(body.AsMemory(0, cut));
        await context.Response.Body.FlushAsync();
        await context.Response.Body.WriteAsync(body.AsMemory(cut));
    }

    private static async Task Packed(HttpContext context)
    {
        context.Response.StatusCode = int.Parse(context.Request.Query["status"].ToString(), CultureInfo.InvariantCulture);
        context.Response.Headers.ContentEncoding = "gzip";
        context.Response.ContentType = "text/plain";
        await using var packed = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
        await packed.WriteAsync(Encoding.UTF8.GetBytes((await Describe(context)).ToJsonString()));
    }

    private static Task Redirect(HttpContext context)
    {
        context.Response.Redirect($"https://elsewhere.test{context.Features.Get<IHttpRequestFeature>()!.RawTarget}");
        return Task.CompletedTask;
    }

    private static async Task Cookie(HttpContext context)
    {
        context.Response.Headers.SetCookie = "session=upstream; Path=/";
        context.Response.Headers["Service-Worker-Allowed"] = "/";
        context.Response.ContentType = "text/html";
        await context.Response.WriteAsync("<script>document.title</script>");
    }

    private static Task Empty(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }

    private static async Task Stream(HttpContext context)
    {
        var left = long.Parse(context.Request.Query["bytes"].ToString(), CultureInfo.InvariantCulture);
        context.Response.ContentLength = left;
        var portion = new byte[64 * 1024];
        while (left > 0)
        {
            var now = (int)Math.Min(left, portion.Length);
            await context.Response.Body.WriteAsync(portion.AsMemory(0, now), context.RequestAborted);
            left -= now;
        }
    }

    private static async Task Sink(HttpContext context)
    {
        var portion = new byte[64 * 1024];
        long sum = 0;
        int read;
        while ((read = await context.Request.Body.ReadAsync(portion, context.RequestAborted)) > 0)
        {
            sum += read;
        }

        await context.Response.WriteAsync(sum.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task Echo(HttpContext context)
    {
        // The first message tells the headers of the handshake, in lines; then it is an echo.
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var told = Encoding.UTF8.GetBytes(string.Join('\n', context.Request.Headers.Select(header => $"{header.Key}: {header.Value}")));
        await socket.SendAsync(told, WebSocketMessageType.Text, true, context.RequestAborted);
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            if (got.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, context.RequestAborted);
        }
    }

    /// <summary>Promises 1000 bytes, sends 10 and hangs up, a moment later so that the 10 are on their way.</summary>
    private static async Task Die(HttpContext context)
    {
        context.Response.ContentLength = 1000;
        await context.Response.WriteAsync("0123456789");
        await context.Response.Body.FlushAsync();
        await Task.Delay(300);
        context.Abort();
    }

    private static Task Abort(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    /// <summary>Begins an answer and then says nothing more.</summary>
    private static async Task Silent(HttpContext context)
    {
        await context.Response.WriteAsync("begun");
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, context.RequestAborted);
    }
}
