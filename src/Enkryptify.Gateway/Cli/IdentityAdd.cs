using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>identity add</c>. Issuer, audience and subject are exact; nothing of them is assumed.</summary>
internal static class IdentityAdd
{
    public static ManagementVerb Build(Surroundings around)
    {
        Option<string> name = new("--name") { Required = true, HelpName = "NAME", Description = "What people see; 1 to 64 characters." };
        Option<string> issuer = new("--issuer") { Required = true, HelpName = "URL|ID", Description = "The iss of its tokens, to the letter; or the id of an issuer." };
        Option<string> audience = new("--audience") { Required = true, HelpName = "TEXT", Description = "The aud that its tokens are made for, to the letter." };
        Option<string> subject = new("--subject") { Required = true, HelpName = "TEXT", Description = "The sub of its tokens: system:serviceaccount:NAMESPACE:NAME." };
        Option<string?> uid = new("--service-account-uid") { HelpName = "UID", Description = "Binds to this very service account: a re-made one keeps its name." };
        Option<string[]> claims = new("--claim") { HelpName = "NAME=VALUE", Description = "A further claim with exactly this value. May be repeated." };
        Option<string?> jwks = new("--jwks") { HelpName = "FILE|-", Description = "The issuer's public keys as a JWK set, where it cannot be reached." };
        Option<string> permission = new("--permission") { DefaultValueFactory = _ => "read", Description = "What it may do with what it reaches." };
        permission.AcceptOnlyFromAmong("read", "read-write");
        Option<string?> workspace = PlaceOptions.Workspace();
        claims.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.IndexOf('=') <= 0))
            {
                result.AddError("--claim takes NAME=VALUE");
            }
        });
        ScopeOptions scope = new();
        ManagementVerb verb = new(
            "add",
            "Register a workload by issuer, audience and subject.",
            around,
            "enkryptify-gateway identity add --name web --issuer https://k8s.example.com --audience https://gateway.example.com "
            + "--subject system:serviceaccount:shop:web --environment demo/production",
            "kubectl get --raw /openid/v1/jwks | enkryptify-gateway identity add --name web --issuer https://kubernetes.default.svc.cluster.local "
            + "--audience https://gateway.example.com --subject system:serviceaccount:shop:web --environment demo/production --jwks -")
        {
            name, issuer, audience, subject, uid, claims, jwks, permission, workspace,
        };
        return scope.AddTo(verb).Does(async (call, cancel) =>
        {
            Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
            RequestedScope reach = await scope.ResolveAsync(call, ws, cancel);
            using JsonDocument? keys = call.Value(jwks) is { } source ? await JwksSource.ReadAsync(around, source, cancel) : null;
            byte[] body = JsonBody.Of(writer =>
            {
                writer.WriteString("name"u8, call.Value(name));
                writer.WriteString(Guid.TryParseExact(call.Value(issuer), "D", out _) ? "issuerId" : "issuer", call.Value(issuer));
                writer.WriteString("audience"u8, call.Value(audience));
                writer.WriteString("subject"u8, call.Value(subject));
                writer.WriteString("permission"u8, call.Value(permission));
                reach.Write(writer);
                if (call.Value(uid) is { } account)
                {
                    writer.WriteString("serviceAccountUid"u8, account);
                }

                if (call.Value(claims) is { Length: > 0 } bound)
                {
                    writer.WriteStartObject("claims"u8);
                    foreach (string claim in bound)
                    {
                        string[] parts = claim.Split('=', 2);
                        writer.WriteString(parts[0], parts[1]);
                    }

                    writer.WriteEndObject();
                }

                if (keys is not null)
                {
                    writer.WritePropertyName("jwks"u8);
                    keys.RootElement.WriteTo(writer);
                }
            });
            JsonElement made = await call.Client.PostAsync(AdminPaths.Identities(ws), body, cancel);
            call.Answer(made, identity => $"Added identity {identity.Text("name")} (id {identity.Text("id")}, {identity.Text("permission")}) for {identity.Text("subject")}.");
        });
    }
}
