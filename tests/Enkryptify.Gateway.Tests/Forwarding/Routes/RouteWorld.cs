using System.Text.Json.Nodes;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Tests.Configuration;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>
/// A gateway with the sample structure, an upstream process, the credential <c>porter</c> that routes act with (shop/dev alone), and another one that
/// may use them. Each test loads the routes it needs.
/// </summary>
public sealed class RouteWorld : IAsyncLifetime
{
    /// <summary>What a route of these tests is called under.</summary>
    internal const string Host = "app.internal";

    internal const string Value = "s3cret/value+with=\"odd\" letters";

    internal TestGateway Gateway { get; private set; } = null!;

    internal Acme Acme { get; private set; } = null!;

    internal UpstreamProcess Upstream { get; private set; } = null!;

    internal string Porter { get; private set; } = null!;

    /// <summary>May use the routes of <see cref="Route"/>.</summary>
    internal (string Id, string Token, Api Api) User { get; private set; }

    public async ValueTask InitializeAsync()
    {
        (Gateway, Acme) = await TestGateway.StartWithAcme();
        Upstream = await UpstreamProcess.Start();
        Porter = (await Gateway.Machine("read", Json.Scope(environments: [Acme.ShopDev]))).Id;
        User = await Gateway.Machine("read", Json.Scope(environments: [Acme.SiteDev]));
        await Store("API_KEY", Value);
    }

    public async ValueTask DisposeAsync()
    {
        await Upstream.DisposeAsync();
        await Gateway.DisposeAsync();
    }

    /// <summary>One route, open to this host, that injects <c>X-Api-Key</c>.</summary>
    /// <param name="route">Lines that replace or add to its keys.</param>
    internal string Route(string? name = null, string? cluster = null, string route = "", string? destinations = null) =>
        RouteOf(Porter, destinations ?? $"\"{Upstream.Url}\"", route, name, cluster);

    /// <summary>The same at any gateway that has the sample structure.</summary>
    internal static string RouteOf(string credential, string destinations, string route, string? name = null, string? cluster = null)
    {
        var lines = new Dictionary<string, string>
        {
            ["name"] = $"\"{name ?? "app"}\"",
            ["hosts"] = $"[\"{Host}\"]",
            ["cluster"] = "\"back\"",
            ["workspace"] = "\"acme\"",
            ["project"] = "\"shop\"",
            ["environment"] = "\"dev\"",
            ["credential"] = $"\"{credential}\"",
            ["headers"] = "[\"X-Api-Key: %API_KEY%\"]",
            ["allow_networks"] = "[\"127.0.0.0/8\"]",
        };
        foreach (var line in route.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts[1].Length == 0)
            {
                lines.Remove(parts[0]);
            }
            else
            {
                lines[parts[0]] = parts[1];
            }
        }

        return $"""
            [[clusters]]
            name = "back"
            destinations = [{destinations}]
            {cluster}

            [[routes]]
            {string.Join('\n', lines.Select(line => $"{line.Key} = {line.Value}"))}

            """;
    }

    internal static ForwardingConfig Config(string text)
    {
        var result = ConfigFile.Load(text);
        Assert.True(result.IsValid, string.Join('\n', result.Errors));
        return result.Config.Forwarding;
    }

    /// <summary>Serves these routes, or fails.</summary>
    internal async Task Load(string text) => Assert.Empty(await Gateway.Gateway.LegacyRoutes.Reload(Config(text)));

    internal Task<Answer> Send(HttpMethod method, string path, HttpContent? content = null, Action<HttpRequestMessage>? more = null, string host = Host) =>
        Gateway.Anonymous.Send(method, path, content, request =>
        {
            request.Headers.Host = host;
            more?.Invoke(request);
        });

    internal Task<Answer> Get(string path = "/x", Action<HttpRequestMessage>? more = null, string host = Host) => Send(HttpMethod.Get, path, null, more, host);

    /// <summary>What the upstream got, header by header.</summary>
    internal static JsonObject Headers(Answer answer) => answer.Json["headers"]!.AsObject();

    /// <summary>How many requests the upstream has had, this one included.</summary>
    internal async Task<int> RequestsSoFar()
    {
        using var direct = new HttpClient();
        return JsonNode.Parse(await direct.GetStringAsync(new Uri(Upstream.Url)))!["requests"]!.GetValue<int>();
    }

    internal async Task Store(string name, string value, string? environment = null)
    {
        var path = string.Format(System.Globalization.CultureInfo.InvariantCulture, Acme.Secrets, "shop");
        var target = environment ?? Acme.ShopDev;
        var made = await Gateway.Operator.Post(path, Json.Secret(name, value, [target]));
        if (made.Status == 409)
        {
            made = await Gateway.Operator.Put($"{path}/{name}", Json.Of(
                ("name", name), ("type", "runtime"), ("dataType", "text"), ("values", Json.List(Json.Of(("environmentId", target), ("value", value), ("isPersonal", false))))));
        }

        Assert.True(made.Status is 200 or 201, made.Body);
    }

    internal Task<Answer> Drop(string name) =>
        Gateway.Operator.Delete($"{string.Format(System.Globalization.CultureInfo.InvariantCulture, Acme.Secrets, "shop")}/{name}");

    /// <summary>The newest audit entries of the workspace, newest first.</summary>
    internal async Task<JsonArray> Audit(string query = "limit=50") => (await Gateway.Operator.Get($"/v1/workspace/acme/audit?{query}")).Json.AsArray();
}
