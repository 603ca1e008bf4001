using System.Collections.Immutable;
using System.Net;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Configuration;

/// <summary>The whole configuration of one running gateway: read once at start, never changed afterwards.</summary>
internal sealed record GatewayConfig(
    ServerConfig Server,
    StorageConfig Storage,
    AuditConfig Audit,
    BackupConfig Backup,
    EncryptionConfig Encryption,
    ExchangeConfig Exchange,
    RateLimitConfig RateLimits,
    SsoConfig? Sso,
    MetricsConfig Metrics,
    TelemetryConfig? Telemetry,
    WarningsConfig Warnings,
    ProxyConfig Proxy,
    LogConfig Log,
    ForwardingConfig Forwarding,
    ImmutableArray<BackendConfig> Backends);

/// <summary>Where the gateway listens and how it is seen from outside.</summary>
/// <param name="Listen">At least one URL whose host is an IP address or <c>localhost</c>; port 0 takes a free port.</param>
/// <param name="PublicUrl">The issuer of JWTs, compared as a string: no trailing slash.</param>
/// <param name="TrustedProxies">Peers whose <c>X-Forwarded-For</c> is believed.</param>
/// <param name="MaxConcurrentConnections">0 means no limit.</param>
/// <param name="MaxWaitingRequests">0 means no limit.</param>
/// <param name="Tls">There exactly when a URL of <paramref name="Listen"/> is https.</param>
internal sealed record ServerConfig(
    ImmutableArray<Uri> Listen,
    string PublicUrl,
    ImmutableArray<IPNetwork> TrustedProxies,
    bool AllowCleartext,
    TimeSpan ShutdownTimeout,
    int MaxConcurrentConnections,
    int MaxWaitingRequests,
    TlsConfig? Tls);

/// <param name="DataDirectory">Absolute.</param>
/// <param name="MinFree">Bytes that must be free for changes to be taken.</param>
/// <param name="Reserve">Bytes that are set aside for when the disk is full; 0 sets none aside.</param>
/// <param name="Cache">Bytes of sealed secrets that are kept in memory; 0 keeps none.</param>
internal sealed record StorageConfig(string DataDirectory, long MinFree, long Reserve, long Cache);

/// <summary>How long entries of the audit log are kept, and where.</summary>
/// <param name="Retain">Older ones leave the database for sealed segments; null keeps all in the database.</param>
/// <param name="DeleteAfter">Segments whose newest entry is older are deleted; null keeps them.</param>
internal sealed record AuditConfig(TimeSpan? Retain, TimeSpan? DeleteAfter);

/// <param name="Directory">Absolute; null is <c>backups</c> in the data directory.</param>
/// <param name="Every">Null: only when somebody asks.</param>
/// <param name="Keep">So many of those that the schedule made stay.</param>
internal sealed record BackupConfig(string? Directory, TimeSpan? Every, int Keep);

internal sealed record EncryptionConfig(SecretReference MasterKey);

/// <param name="AcceptApiTokensDirectly">Lets a raw API token open what its JWT would; otherwise it opens nothing but the exchange.</param>
internal sealed record ExchangeConfig(bool AcceptApiTokensDirectly);

/// <summary>Requests a minute; 0 switches a limit off.</summary>
internal sealed record RateLimitConfig(int RequestsPerMinutePerAddress, int ExchangesPerMinutePerCredential);

/// <summary>Sign-in through the company's identity provider; null when it is off.</summary>
/// <param name="Issuer">As the provider writes it, compared to the letter; https, or http on loopback.</param>
/// <param name="EmailClaim">The claim that is the e-mail; the claim of this name with <c>_verified</c> after it says whether it was verified.</param>
/// <param name="AllowedDomains">Lower case. Who is let in for the first time: an e-mail in one of these domains, exactly,</param>
/// <param name="AllowedEmails">or one of these. Both empty let in nobody new.</param>
/// <param name="Workspace">The slug of the workspace that a newcomer joins, if any.</param>
/// <param name="CaFile">The only trust root of connections to the provider; null takes the system's.</param>
internal sealed record SsoConfig(
    string Issuer,
    string ClientId,
    SecretReference ClientSecret,
    string EmailClaim,
    string NameClaim,
    ImmutableArray<string> AllowedDomains,
    ImmutableArray<string> AllowedEmails,
    string? Workspace,
    Role Role,
    string? CaFile);

internal sealed record LogConfig(LogLevel Level, LogFormat Format);

internal enum LogFormat
{
    Text,
    Json,

    /// <summary>Text with the priority in front that systemd's journal reads (sd-daemon(3)), and without the time, which the journal has.</summary>
    Journal,
}
