using System.Text.Json;

namespace Enkryptify.Gateway.Dashboard.Audit;

/// <summary>An entry of the audit log for people: a sentence, and whatever else it holds.</summary>
internal sealed record AuditRow(
    long Sequence, DateTimeOffset Time, string Actor, string ActorKind, string Verb, string TargetKind, string? Target, bool Denied, string? Reason, string? Address, string? RequestId,
    IReadOnlyList<(string Name, string Value)> Data)
{
    /// <summary>Longer lists are cut; the API has all of it.</summary>
    private const int MaxItems = 20;

    public static AuditRow Of(ReadOnlyMemory<byte> line)
    {
        using var document = JsonDocument.Parse(line);
        var entry = document.RootElement;
        var (actor, target) = (entry.GetProperty("actor"u8), entry.GetProperty("target"u8));
        var data = entry.TryGetProperty("data"u8, out var members) ? members.EnumerateObject().Select(member => (Words(member.Name), Shown(member.Value))).ToArray() : [];
        return new AuditRow(
            entry.GetProperty("seq"u8).GetInt64(), entry.GetProperty("time"u8).GetDateTimeOffset(), Text(actor, "name") ?? Text(actor, "id") ?? ActorOf(Text(actor, "kind")!),
            ActorOf(Text(actor, "kind")!), VerbOf(Text(entry, "action")!), TargetOf(Text(target, "kind")!), Text(target, "name") ?? Text(target, "id"),
            Text(entry, "outcome") == "denied", Text(entry, "reason") is { } reason ? Words(reason) : null, Text(entry, "address"), Text(entry, "requestId"), data);
    }

    /// <summary>The actions of the log, and what each is called here.</summary>
    public static readonly IReadOnlyList<(string Action, string Words)> Actions =
    [
        ("VIEW", "viewed"), ("LIST", "listed"), ("CREATE", "created"), ("UPDATE", "changed"), ("DELETE", "deleted"), ("EXCHANGE", "exchanged"), ("ROTATE", "rotated"),
        ("REVOKE", "revoked"), ("RETIRE", "retired"), ("SEAL", "sealed"), ("REFUSE", "was refused at"), ("ACCEPT", "accepted"), ("APPROVE", "approved"), ("DENY", "declined"), ("LOGIN", "signed in"), ("LOGOUT", "signed out"),
        ("PROXY", "sent a request through"), ("FORWARD", "sent requests through"), ("BACKUP", "backed up"), ("RESTORE", "restored"), ("START", "started"), ("RELOAD", "reloaded"), ("CLEAR", "cleared"), ("EXAMINE", "examined"), ("STOP", "stopped"),
    ];

    private static string VerbOf(string action) => Actions.FirstOrDefault(known => known.Action == action).Words ?? Words(action.ToLowerInvariant());

    private static string TargetOf(string kind) => kind switch
    {
        "static" => "API token",
        "cli" => "CLI token",
        "kubernetes" => "Kubernetes identity",
        _ => Words(kind),
    };

    private static string ActorOf(string kind) => kind switch
    {
        "user" or "login" or "session" => "person",
        "static" => "API token",
        "cli" => "CLI token",
        "kubernetes" => "Kubernetes identity",
        "local-operator" => "local operator",
        _ => Words(kind),
    };

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Shown(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Take(MaxItems).Select(Shown)) + (value.GetArrayLength() > MaxItems ? $" and {value.GetArrayLength() - MaxItems} more" : ""),
        _ => value.GetRawText(),
    };

    /// <summary><c>creator_removed</c> and <c>requestId</c> as words.</summary>
    private static string Words(string name) =>
        string.Concat(name.Select((letter, i) => letter is '_' or '-' ? " " : i > 0 && char.IsUpper(letter) ? " " + char.ToLowerInvariant(letter) : letter.ToString()));
}
