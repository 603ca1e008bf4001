using System.Collections.Immutable;
using System.Net;

namespace Enkryptify.Gateway.Configuration;

/// <summary>The whole configuration of one running gateway: read once at start, never changed afterwards.</summary>
internal sealed record GatewayConfig(
    ServerConfig Server,
    StorageConfig Storage,
    EncryptionConfig Encryption,
    ExchangeConfig Exchange,
    RateLimitConfig RateLimits,
    LogConfig Log);

/// <summary>Where the gateway listens and how it is seen from outside.</summary>
/// <param name="Listen">At least one URL whose host is an IP address or <c>localhost</c>; port 0 takes a free port.</param>
/// <param name="PublicUrl">The issuer of JWTs, compared as a string: no trailing slash.</param>
/// <param name="TrustedProxies">Peers whose <c>X-Forwarded-For</c> is believed.</param>
/// <param name="MaxConcurrentConnections">0 means no limit.</param>
internal sealed record ServerConfig(
    ImmutableArray<Uri> Listen,
    string PublicUrl,
    ImmutableArray<IPNetwork> TrustedProxies,
    bool AllowCleartext,
    TimeSpan ShutdownTimeout,
    int MaxConcurrentConnections);

/// <param name="DataDirectory">Absolute.</param>
internal sealed record StorageConfig(string DataDirectory);

internal sealed record EncryptionConfig(MasterKeyReference MasterKey);

/// <param name="AcceptApiTokensDirectly">Lets a raw API token open what its JWT would; otherwise it opens nothing but the exchange.</param>
internal sealed record ExchangeConfig(bool AcceptApiTokensDirectly);

/// <summary>Requests a minute; 0 switches a limit off.</summary>
internal sealed record RateLimitConfig(int RequestsPerMinutePerAddress, int ExchangesPerMinutePerCredential);

internal sealed record LogConfig(LogLevel Level, LogFormat Format);

internal enum LogFormat
{
    Text,
    Json,
}
