using System.Text.Encodings.Web;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>GET /w/{ws}/credentials/{id}: all that is known of one, and for a workload how it proves itself.</summary>
internal sealed class CredentialPage(Shells shells, CredentialList credentials, string publicUrl)
{
    public void Map(RouteTable routes) => routes.Get("/w/{ws}/credentials/{id}", RouteAccess.Page, Show);

    private async ValueTask<Reply> Show(Call call)
    {
        if ((await shells.InWorkspace(call, "Credential", Section.Credentials)).Refused(out var refusal, out var shell)
            || (await credentials.Find(call.Person, call.Segment("ws"), call.Segment("id"))).Refused(out refusal, out var listed))
        {
            return Reply.Refused(refusal);
        }

        return new PageReply(new Slices.Dashboard_Credentials_CredentialView { Shell = shell with { Title = listed.Credential.Name }, Model = new CredentialModel(listed, publicUrl) });
    }
}

internal sealed record CredentialModel(ListedCredential Listed, string PublicUrl)
{
    private static readonly JavaScriptEncoder Relaxed = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>What the pod's specification needs, for a service account; a double-quoted scalar of YAML may be written as JSON's.</summary>
    public string? Volume => Listed.Identity is { } identity && ServiceAccount.Of(identity.Subject) is var (_, account)
        ? $$"""
          serviceAccountName: {{account}}
          containers:
            - name: app
              env:
                - { name: ENKRYPTIFY_API_URL, value: "{{PublicUrl}}" }
                - { name: ENKRYPTIFY_TOKEN_PATH, value: /var/run/secrets/enkryptify/token }
              volumeMounts:
                - { name: enkryptify, mountPath: /var/run/secrets/enkryptify, readOnly: true }
          volumes:
            - name: enkryptify
              projected:
                sources:
                  - serviceAccountToken: { path: token, audience: "{{Relaxed.Encode(identity.Audience)}}", expirationSeconds: 3600 }
          """
        : null;

    public string Exchange(string workspace) =>
        $$"""
        curl -s {{PublicUrl}}/v1/auth/oidc/exchange -H 'Content-Type: application/json' \
          -d "{\"workspaceId\": \"{{workspace}}\", \"token\": \"$(cat {{(Volume is null ? "token.jwt" : "/var/run/secrets/enkryptify/token")}})\"}"
        """;
}
