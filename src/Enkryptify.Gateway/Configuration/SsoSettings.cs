using System.Collections.Immutable;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Configuration;

/// <summary>The keys of <c>[sso]</c>. An empty issuer switches the whole of it off.</summary>
internal static class SsoSettings
{
    public static SsoConfig? Read(SettingReader read)
    {
        string? issuer = read.Value<string?>("sso.issuer", new OptionalText<string>(new IssuerUrl()), null);
        string? clientId = read.Value<string?>("sso.client_id", new OptionalText<string>(new Word()), null);
        SecretReference? secret = read.Value<SecretReference?>("sso.client_secret", new OptionalText<SecretReference>(new SecretSource("secret")), null);
        string emailClaim = read.Value("sso.email_claim", new Word(), "email");
        string nameClaim = read.Value("sso.name_claim", new Word(), "name");
        ImmutableArray<string> domains = read.Value("sso.allowed_domains", new ListOf<string>(new MailDomain(), mayBeEmpty: true), []);
        ImmutableArray<string> emails = read.Value("sso.allowed_emails", new ListOf<string>(new MailAddress(), mayBeEmpty: true), []);
        string? workspace = read.Value<string?>("sso.workspace", new OptionalText<string>(new Slug()), null);
        Role role = read.Value("sso.role", new Choice<Role>(("member", Role.Member), ("developer", Role.Developer), ("admin", Role.Admin)), Role.Member);
        string? caFile = read.Value<string?>("sso.ca_file", new OptionalText<string>(new FilePath()), null);

        if (issuer is null)
        {
            // Half a section is a mistake, not a switch: the operator believes that it is on.
            if (read.IsSound("sso.issuer"))
            {
                RejectWhen(read, "sso.client_id", clientId is not null);
                RejectWhen(read, "sso.client_secret", secret is not null);
                RejectWhen(read, "sso.allowed_domains", !domains.IsEmpty);
                RejectWhen(read, "sso.allowed_emails", !emails.IsEmpty);
                RejectWhen(read, "sso.workspace", workspace is not null);
            }
            return null;
        }
        if (clientId is null && read.IsSound("sso.client_id"))
        {
            read.Reject("sso.issuer", "needs sso.client_id beside it");
        }
        if (secret is null && read.IsSound("sso.client_secret"))
        {
            read.Reject("sso.issuer", "needs sso.client_secret beside it: file:PATH, credential:NAME or env:NAME");
        }
        return clientId is null || secret is null
            ? null
            : new SsoConfig(issuer, clientId, secret, emailClaim, nameClaim, domains, emails, workspace, role, caFile);
    }

    private static void RejectWhen(SettingReader read, string key, bool set)
    {
        if (set)
        {
            read.Reject(key, "says nothing while sso.issuer is empty");
        }
    }
}
