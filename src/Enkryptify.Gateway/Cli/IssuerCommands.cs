using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>issuer create|list|keys|remove</c>: who may vouch for workloads.</summary>
internal static class IssuerCommands
{
    private const int MaxFile = 256 * 1024;

    public static Command Build(Surroundings around) => new Verb("issuer", "Say whose tokens a workspace trusts.", "enkryptify-gateway issuer list")
    {
        Create(around),
        List(around),
        Keys(around),
        Remove(around),
    };

    private static ManagementVerb Create(Surroundings around)
    {
        Option<string> name = new("--name") { Required = true, HelpName = "NAME", Description = "What people see." };
        Option<string> url = new("--url") { Required = true, HelpName = "URL", Description = "The iss of its tokens, to the letter." };
        Option<string?> jwks = new("--jwks") { HelpName = "FILE|-", Description = "Its public keys as a JWK set: nothing is then fetched." };
        Option<string?> origin = new("--jwks-origin") { HelpName = "ORIGIN", Description = "Another origin where its keys may lie, https://host[:port]." };
        Option<string?> ca = new("--ca-file") { HelpName = "FILE", Description = "Certificates in PEM: the only roots trusted for it." };
        Option<string?> token = new("--bearer-token-file") { HelpName = "FILE|-", Description = "A token for its key endpoint." };
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb(
            "create",
            "Trust an issuer whose keys are fetched, or uploaded with --jwks.",
            around,
            "enkryptify-gateway issuer create --name prod --url https://k8s.example.com:6443 --ca-file ca.crt --bearer-token-file reader.token")
        {
            name, url, jwks, origin, ca, token, workspace,
        }.Does(async (call, cancel) =>
        {
            Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
            string? roots = call.Value(ca) is { } caFile ? await TextSource.ReadAsync(around, caFile, MaxFile, cancel) : null;
            string? bearer = call.Value(token) is { } tokenFile ? SecretSet.WithoutNewline(await TextSource.ReadAsync(around, tokenFile, MaxFile, cancel)) : null;
            using JsonDocument? keys = call.Value(jwks) is { } source ? await JwksSource.ReadAsync(around, source, cancel) : null;
            byte[] body = JsonBody.Of(writer =>
            {
                writer.WriteString("name"u8, call.Value(name));
                writer.WriteString("url"u8, call.Value(url));
                writer.WriteBoolean("discovery"u8, keys is null);
                Optional(writer, "jwksOrigin", call.Value(origin));
                Optional(writer, "ca", roots);
                Optional(writer, "bearerToken", bearer);
                if (keys is not null)
                {
                    writer.WritePropertyName("jwks"u8);
                    keys.RootElement.WriteTo(writer);
                }
            });
            call.Answer(
                await call.Client.PostAsync(AdminPaths.Issuers(ws), body, cancel), made => $"Created issuer {made.Text("name")} (id {made.Text("id")}) for {made.Text("url")}.");
        });
    }

    private static ManagementVerb List(Surroundings around)
    {
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb("list", "List the issuers that a workspace trusts.", around, "enkryptify-gateway issuer list") { workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                call.Answer(await call.Client.GetAsync(AdminPaths.Issuers(ws), cancel), people: issuers =>
                {
                    Table table = new("NAME", "ID", "URL", "KEYS");
                    foreach (JsonElement issuer in issuers.Items())
                    {
                        string uploaded = string.Join(" + ", issuer.Items("keys").Select(set => string.Join(", ", set.Items("kids").Select(kid => kid.GetString()))));
                        table.Add(
                            issuer.Text("name"), issuer.Text("id"), issuer.Text("url"),
                            issuer.Flag("discovery") ? (uploaded.Length == 0 ? "fetched" : "fetched, and " + uploaded) : uploaded);
                    }

                    table.Write(around, $"No issuer is trusted in {ws} yet.");
                });
            });
    }

    private static ManagementVerb Keys(Surroundings around)
    {
        Argument<string> issuer = Named();
        Option<string> jwks = new("--jwks") { Required = true, HelpName = "FILE|-", Description = "The next set of public keys." };
        Option<bool> replace = new("--replace") { Description = "The new set alone, at once. Otherwise the newest set so far serves beside it until the next upload." };
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb(
            "keys",
            "Upload an issuer's next keys, before its cluster signs with them: no exchange is lost.",
            around,
            "kubectl get --raw /openid/v1/jwks | enkryptify-gateway issuer keys prod --jwks -") { issuer, jwks, replace, workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                string id = await FindAsync(call, ws, call.Value(issuer)!, cancel);
                using JsonDocument keys = await JwksSource.ReadAsync(around, call.Value(jwks)!, cancel);
                byte[] body = JsonBody.Of(writer =>
                {
                    writer.WriteBoolean("keepPrevious"u8, !call.Value(replace));
                    writer.WritePropertyName("jwks"u8);
                    keys.RootElement.WriteTo(writer);
                });
                call.Answer(await call.Client.PutAsync($"{AdminPaths.Issuers(ws)}/{id}/keys", body, cancel), made =>
                    $"Issuer {made.Text("name")} now holds {made.Items("keys").Count()} uploaded set(s) of keys.");
            });
    }

    private static ManagementVerb Remove(Surroundings around)
    {
        Argument<string> issuer = Named();
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb("remove", "Trust an issuer no longer; no identity may be bound to it.", around, "enkryptify-gateway issuer remove prod") { issuer, workspace }
            .Does(async (call, cancel) =>
            {
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                string id = await FindAsync(call, ws, call.Value(issuer)!, cancel);
                call.Answer(await call.Client.DeleteAsync($"{AdminPaths.Issuers(ws)}/{id}", cancel), _ => $"Removed issuer {call.Value(issuer)} (id {id}).");
            });
    }

    private static Argument<string> Named() => new("ISSUER") { HelpName = "ID|NAME", Description = "The issuer's id or name." };

    private static async Task<string> FindAsync(AdminCall call, Place workspace, string given, CancellationToken cancel) =>
        Lookup.Pick("issuer", [.. (await call.Client.GetAsync(AdminPaths.Issuers(workspace), cancel)).Items().Select(Place.From)], given).Id;

    private static void Optional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
