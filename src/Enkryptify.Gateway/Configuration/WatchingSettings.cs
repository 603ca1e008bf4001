namespace Enkryptify.Gateway.Configuration;

/// <param name="Token">What opens <c>/metrics</c> on the network; null keeps it to the admin socket.</param>
internal sealed record MetricsConfig(SecretReference? Token);

/// <summary>Warnings before something ends.</summary>
/// <param name="CredentialExpiry">How long before; zero is never.</param>
/// <param name="WebhookUrl">Told once a day; null tells nobody.</param>
/// <param name="WebhookSecret">Signs what is told; there when the URL is.</param>
internal sealed record WarningsConfig(TimeSpan CredentialExpiry, Uri? WebhookUrl, SecretReference? WebhookSecret);

/// <summary>The keys of <c>[metrics]</c> and <c>[warnings]</c>.</summary>
internal static class WatchingSettings
{
    public static MetricsConfig ReadMetrics(SettingReader read) =>
        new(read.Value<SecretReference?>("metrics.token", new OptionalText<SecretReference>(new SecretSource("token")), null));

    public static WarningsConfig ReadWarnings(SettingReader read)
    {
        int days = read.Value("warnings.credential_expiry_days", new WholeNumber(0, 365), 7);
        string? url = read.Value<string?>("warnings.webhook_url", new OptionalText<string>(new WebhookUrl()), null);
        SecretReference? secret = read.Value<SecretReference?>("warnings.webhook_secret", new OptionalText<SecretReference>(new SecretSource("secret")), null);
        if (url is not null && secret is null && read.IsSound("warnings.webhook_secret"))
        {
            read.Reject("warnings.webhook_url", "needs warnings.webhook_secret beside it: the receiver tells by it who calls");
        }
        if (url is null && secret is not null && read.IsSound("warnings.webhook_url"))
        {
            read.Reject("warnings.webhook_secret", "says nothing while warnings.webhook_url is empty");
        }
        if (url is not null && days == 0 && read.IsSound("warnings.credential_expiry_days"))
        {
            read.Reject("warnings.webhook_url", "says nothing while warnings.credential_expiry_days is 0");
        }
        return new WarningsConfig(TimeSpan.FromDays(days), url is null ? null : new Uri(url), secret);
    }
}

/// <summary>Where a webhook goes: in clear text to this host alone.</summary>
internal sealed class WebhookUrl : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || !IssuerUrl.IsTrusted(url) || url.UserInfo.Length > 0 || text.Any(char.IsWhiteSpace))
        {
            place.Fail(line, "must be an https URL without user or fragment (http only on a loopback address)");
            return null;
        }
        return text;
    }

    protected override string Write(string value) => value;
}
