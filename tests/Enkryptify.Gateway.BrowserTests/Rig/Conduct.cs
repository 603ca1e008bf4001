using System.Collections.Concurrent;

namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>
/// Watches what a page does behind the person's back: requests that leave the gateway's own origin, breaches of the Content-Security-Policy,
/// errors in the console, errors that nothing caught.
/// </summary>
internal sealed class Conduct(Uri own)
{
    private readonly ConcurrentQueue<string> complaints = new();
    private readonly ConcurrentQueue<string> requested = new();
    private readonly List<string> expected = [];
    private readonly List<Uri> origins = [own];

    /// <summary>Every URL that was asked for.</summary>
    public IReadOnlyCollection<string> Requested => requested;

    /// <summary>A status of 400 or more is an error in the browser's console. This one is what the test wants to see.</summary>
    public void Allow(int status) => AllowText($"the server responded with a status of {status} ");

    /// <summary>An error in the console with this in it is what the test wants to see.</summary>
    public void AllowText(string text) => expected.Add(text);

    /// <summary>The test itself goes to another site.</summary>
    public void AllowOrigin(Uri other) => origins.Add(other);

    public async Task Watch(IBrowserContext context, bool scripts)
    {
        context.Request += (_, request) => Asked(request.Url);
        context.Console += (_, message) => Said(message);
        context.WebError += (_, error) => complaints.Enqueue($"uncaught: {error.Error}");
        context.Page += (_, page) => page.WebSocket += (_, socket) => Asked(socket.Url);
        if (scripts)
        {
            // A breach that is only reported, or one of style, is no error in every version of the console.
            await context.AddInitScriptAsync(
                "document.addEventListener('securitypolicyviolation', e => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile ?? ''}:${e.lineNumber}`))");
        }
    }

    public void Check() => Assert.True(complaints.IsEmpty, ToString());

    public override string ToString() => complaints.IsEmpty ? "" : "The pages misbehaved:\n" + string.Join('\n', complaints);

    private void Asked(string url)
    {
        requested.Enqueue(url);
        if (Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is not ("data" or "blob" or "about")
            && !origins.Any(origin => uri.GetLeftPart(UriPartial.Authority) == origin.GetLeftPart(UriPartial.Authority)))
        {
            complaints.Enqueue($"left its origin: {url}");
        }
    }

    private void Said(IConsoleMessage message)
    {
        if (message.Type == "error" && !expected.Any(text => message.Text.Contains(text, StringComparison.Ordinal)))
        {
            complaints.Enqueue($"console: {message.Text} ({message.Location})");
        }
    }
}
