using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Tests.Configuration;

/// <summary>The section [sso]: whole or absent.</summary>
public class SsoSettingsTests
{
    private const string Least = "[sso]\nissuer = \"https://login.example.com/\"\nclient_id = \"gateway\"\nclient_secret = \"env:SSO_SECRET\"\n";

    [Fact]
    public void Every_key_is_read()
    {
        using var file = new ConfigFile(Least + """
            email_claim = "mail"
            name_claim = "displayName"
            allowed_domains = ["Example.COM", "sub.example.com"]
            allowed_emails = ["Ann@Elsewhere.org"]
            workspace = "acme"
            role = "developer"
            ca_file = "ca.pem"
            """);
        var sso = ConfigLoader.Load(new ConfigSources { FilePath = file.Path }).Config!.Sso!;

        Assert.Equal("https://login.example.com/", sso.Issuer);
        Assert.Equal("gateway", sso.ClientId);
        Assert.Equal(new SecretReference(SecretReferenceKind.Environment, "SSO_SECRET"), sso.ClientSecret);
        Assert.Equal(("mail", "displayName"), (sso.EmailClaim, sso.NameClaim));
        Assert.Equal(["example.com", "sub.example.com"], sso.AllowedDomains);
        Assert.Equal(["ann@elsewhere.org"], sso.AllowedEmails);
        Assert.Equal(("acme", Role.Developer), (sso.Workspace, sso.Role));
        Assert.Equal(Path.Combine(file.Folder, "ca.pem"), sso.CaFile);
    }

    [Fact]
    public void Three_keys_are_enough_and_let_in_nobody_new()
    {
        var sso = ConfigFile.Load(Least).Config!.Sso!;

        Assert.Equal(("email", "name", Role.Member), (sso.EmailClaim, sso.NameClaim, sso.Role));
        Assert.Empty(sso.AllowedDomains);
        Assert.Empty(sso.AllowedEmails);
        Assert.Null(sso.Workspace);
        Assert.Null(sso.CaFile);
    }

    [Theory]
    [InlineData("issuer = \"http://login.example.com\"", "sso.issuer: must be an https URL without user, query or fragment (http only on a loopback address)")]
    [InlineData("issuer = \"https://login.example.com?tenant=1\"", "sso.issuer: must be an https URL without user, query or fragment (http only on a loopback address)")]
    [InlineData("issuer = \"https://login.example.com#x\"", "sso.issuer: must be an https URL without user, query or fragment (http only on a loopback address)")]
    [InlineData("issuer = \"https://u:p@login.example.com\"", "sso.issuer: must be an https URL without user, query or fragment (http only on a loopback address)")]
    [InlineData("issuer = \"login.example.com\"", "sso.issuer: must be an https URL without user, query or fragment (http only on a loopback address)")]
    [InlineData("client_secret = \"aVerySecretSECRET\"", "sso.client_secret: must be file:PATH, credential:NAME or env:NAME; the secret itself does not belong here")]
    [InlineData("email_claim = \"\"", "sso.email_claim: must be 1 to 255 visible ASCII characters")]
    [InlineData("allowed_domains = [\"@example.com\"]", "sso.allowed_domains: must be a domain such as example.com, without @ or *; subdomains are listed one by one")]
    [InlineData("allowed_domains = [\"*\"]", "sso.allowed_domains: must be a domain such as example.com, without @ or *; subdomains are listed one by one")]
    [InlineData("allowed_domains = [\"example.com\", \"EXAMPLE.com\"]", "sso.allowed_domains: an item is listed twice")]
    [InlineData("allowed_emails = [\"example.com\"]", "sso.allowed_emails: must be an e-mail address")]
    [InlineData("workspace = \"Acme Inc\"", "sso.workspace: must be the slug of a workspace: 2 to 48 characters of a-z, 0-9 and -")]
    [InlineData("role = \"owner\"", "sso.role: must be one of member, developer, admin")]
    public void A_wrong_value_is_reported_and_not_repeated(string line, string error)
    {
        var key = line[..line.IndexOf(' ', StringComparison.Ordinal)];
        var text = string.Join('\n', Least.Split('\n').Where(existing => !existing.StartsWith(key + " ", StringComparison.Ordinal))) + line;
        Assert.Equal([$"{text.Split('\n').Length} {error}"], ConfigFile.Errors(text));
    }

    [Theory]
    [InlineData("http://127.0.0.1:5000")]
    [InlineData("http://localhost:5000/realms/acme")]
    [InlineData("http://[::1]:5000")]
    public void Clear_text_is_for_this_host_alone(string issuer) =>
        Assert.Empty(ConfigFile.Errors(Least.Replace("https://login.example.com/", issuer, StringComparison.Ordinal)));

    [Fact]
    public void Half_a_section_is_a_mistake()
    {
        Assert.Equal(
            ["2 sso.issuer: needs sso.client_id beside it", "2 sso.issuer: needs sso.client_secret beside it: file:PATH, credential:NAME or env:NAME"],
            ConfigFile.Errors("[sso]\nissuer = \"https://login.example.com\""));
        Assert.Equal(
            ["2 sso.client_id: says nothing while sso.issuer is empty", "3 sso.allowed_domains: says nothing while sso.issuer is empty"],
            ConfigFile.Errors("[sso]\nclient_id = \"x\"\nallowed_domains = [\"example.com\"]"));
    }

    [Fact]
    public void The_variable_of_the_client_secret_may_have_any_name()
    {
        var environment = new Dictionary<string, string> { ["ENKRYPTIFY_SSO_SECRET"] = "x" };

        Assert.Empty(ConfigFile.Errors(Least.Replace("SSO_SECRET", "ENKRYPTIFY_SSO_SECRET", StringComparison.Ordinal), environment));
        Assert.Single(ConfigFile.Errors(Least, environment));
    }
}
