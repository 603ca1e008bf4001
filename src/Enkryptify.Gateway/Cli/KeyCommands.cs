using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>key list|status|rotate</c>: keys by id, state and age; never what is secret of them.</summary>
internal static class KeyCommands
{
    public static Command Build(Surroundings around) => new Verb(
        "key", "Look after the gateway's keys.", "enkryptify-gateway key list", "enkryptify-gateway key rotate environment --all-environments")
    {
        List(around),
        Status(around),
        KeyRotate.Build(around),
    };

    private static ManagementVerb List(Surroundings around) =>
        new ManagementVerb("list", "List all keys that still have a use.", around, "enkryptify-gateway key list").Does(async (call, cancel) =>
        {
            JsonElement report = await call.Client.GetAsync(KeyRotate.Path, cancel);
            call.Answer(report, people: _ => Show(around, report, _ => true));
        });

    private static ManagementVerb Status(Surroundings around) =>
        new ManagementVerb("status", "Show which rotations are not finished, and what they wait for.", around, "enkryptify-gateway key status").Does(async (call, cancel) =>
        {
            JsonElement report = await call.Client.GetAsync(KeyRotate.Path, cancel);
            call.Answer(report, people: _ => Show(around, report, key => key.Text("state") is "retiring" or "previous"));
        });

    private static void Show(Surroundings around, JsonElement report, Func<JsonElement, bool> which)
    {
        JsonElement master = report.Member("masterKey");
        around.Output.WriteLine($"master key {master.Text("id")}, running with {master.Text("runningWith")}");
        if (master.Text("nextId") is { } next)
        {
            around.Output.WriteLine(next == master.Text("runningWith")
                ? $"the new master key {next} is in use: enkryptify-gateway key rotate master --finish"
                : $"the new master key {next} opens everything too: restart the gateway with it, then finish");
        }

        DateTimeOffset now = around.Clock.GetUtcNow();
        Table table = new("KIND", "ID", "STATE", "AGE", "WHERE", "WAITS FOR");
        foreach (JsonElement key in report.Items("keys").Where(which))
        {
            JsonElement place = key.Member("environment");
            table.Add(
                key.Text("kind"),
                key.Text("id"),
                key.Text("state"),
                key.Time("createdAt") is { } made ? $"{Math.Max(0, (now - made).Days)} d" : "",
                place.ValueKind == JsonValueKind.Object ? $"{place.Text("workspace")}/{place.Text("project")}/{place.Text("name")}" : "",
                key.Text("problem") ?? WaitsFor(key));
        }

        table.Write(around, "No rotation is under way.");
    }

    internal static string WaitsFor(JsonElement key) => (key.Text("state"), key.Text("kind")) switch
    {
        ("retiring", "digest") => $"{key.Member("holds")} live tokens",
        ("retiring", "environment") => $"{key.Member("holds")} values",
        ("retiring", _) => $"{key.Member("holds")} keys and tokens",
        ("previous", _) => "JWTs that it signed, 8 h at the most",
        _ => "",
    };
}
