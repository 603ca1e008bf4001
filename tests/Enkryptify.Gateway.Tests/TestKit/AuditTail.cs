using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>What the audit log says, read from the database file beside the running gateway.</summary>
internal static class AuditTail
{
    public static IReadOnlyList<JsonNode> Entries(TestGateway gateway)
    {
        using var sql = Database.OpenReader(Path.Combine(gateway.DataDirectory, Database.FileName));
        return [.. sql.Query("SELECT entries FROM audit_frame ORDER BY first_seq", row => Encoding.UTF8.GetString(row.Bytes(0)))
            .SelectMany(frame => frame.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Select(line => JsonNode.Parse(line)!)];
    }

    /// <summary>The one entry of the request that was answered so.</summary>
    public static JsonNode Of(TestGateway gateway, Answer answer)
    {
        var id = answer.Json["requestId"]!.GetValue<string>();
        return Assert.Single(Entries(gateway), entry => entry["requestId"]?.GetValue<string>() == id);
    }
}
