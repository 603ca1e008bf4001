using System.Collections.Immutable;

namespace Enkryptify.Gateway.Configuration;

/// <summary>
/// The one list of keys. A new key is a member of a record in GatewayConfig.cs and a line here (and in enkryptify.toml.example, which a test compares);
/// its variable, its error messages and its place in <c>config print</c> follow from the line.
/// </summary>
internal static class ConfigSchema
{
    private const int NoMore = 1_000_000_000;

    public static GatewayConfig Read(SettingReader read)
    {
        ServerConfig server = ReadServer(read);
        GatewayConfig config = ReadSections(read, server);
        return config with { Forwarding = ForwardingSettings.Read(read, server), Backends = BackendSettings.Read(read) };
    }

    private static GatewayConfig ReadSections(SettingReader read, ServerConfig server) => new(
        server,
        new StorageConfig(
            read.Value("storage.data_dir", new FilePath(), "/var/lib/enkryptify-gateway"),
            (long)read.Value("storage.min_free_mib", new WholeNumber(1, 1 << 20), 64) << 20,
            (long)read.Value("storage.reserve_mib", new WholeNumber(0, 1 << 10), 16) << 20,
            (long)read.Value("storage.cache_mib", new WholeNumber(0, 1 << 12), 32) << 20),
        ReadAudit(read),
        new BackupConfig(
            read.Value<string?>("backup.directory", new OptionalText<string>(new FilePath()), null),
            read.Value("backup.every_hours", new WholeNumber(0, 8760), 0) is > 0 and var hours ? TimeSpan.FromHours(hours) : null,
            read.Value("backup.keep", new WholeNumber(1, 10_000), 14)),
        new EncryptionConfig(read.Value("encryption.master_key", new SecretSource("key"),
            new SecretReference(SecretReferenceKind.File, "/etc/enkryptify-gateway/master.key"))),
        new ExchangeConfig(read.Value("exchange.accept_api_tokens_directly", new Truth(), false)),
        new RateLimitConfig(
            read.Value("rate_limits.requests_per_minute_per_address", new WholeNumber(0, NoMore), 6000),
            read.Value("rate_limits.exchanges_per_minute_per_credential", new WholeNumber(0, NoMore), 600)),
        SsoSettings.Read(read),
        WatchingSettings.ReadMetrics(read),
        TelemetrySettings.Read(read),
        WatchingSettings.ReadWarnings(read),
        ProxySettings.Read(read),
        new LogConfig(
            read.Value("log.level", new Choice<LogLevel>(
                ("debug", LogLevel.Debug), ("info", LogLevel.Information), ("warning", LogLevel.Warning), ("error", LogLevel.Error)), LogLevel.Information),
            read.Value("log.format", new Choice<LogFormat>(("text", LogFormat.Text), ("json", LogFormat.Json), ("journal", LogFormat.Journal)), LogFormat.Text)),
        ForwardingConfig.None,
        []);

    private static AuditConfig ReadAudit(SettingReader read)
    {
        const int tenYears = 3660;
        int retain = read.Value("audit.retain_days", new WholeNumber(0, tenYears), 0);
        int delete = read.Value("audit.delete_segments_after_days", new WholeNumber(0, tenYears), 0);
        if (delete > 0 && (retain == 0 || delete < retain))
        {
            read.Reject("audit.delete_segments_after_days", "entries are moved to segments after audit.retain_days, which must be set and not be longer");
        }

        return new AuditConfig(retain == 0 ? null : TimeSpan.FromDays(retain), delete == 0 ? null : TimeSpan.FromDays(delete));
    }

    private static ServerConfig ReadServer(SettingReader read)
    {
        ImmutableArray<Uri> listen = read.Value("server.listen", new ListOf<Uri>(new ListenUrl(), mayBeEmpty: false), [new Uri("http://127.0.0.1:8480")]);
        var server = new ServerConfig(
            listen,
            read.Value("server.public_url", new PublicUrl(), ListenUrl.Text(listen[0])),
            read.Value("server.trusted_proxies", new ListOf<System.Net.IPNetwork>(
                new AddressRange("would let every client choose the address it is counted and audited under"), mayBeEmpty: true), []),
            read.Value("server.allow_cleartext", new Truth(), false),
            TimeSpan.FromSeconds(read.Value("server.shutdown_timeout_seconds", new WholeNumber(1, 3600), 30)),
            read.Value("server.max_concurrent_connections", new WholeNumber(0, NoMore), 0),
            read.Value("server.max_waiting_requests", new WholeNumber(0, NoMore), 5000),
            TlsSettings.Read(read, listen.Any(ListenUrl.IsTls)));

        if (!server.AllowCleartext && !server.Listen.All(url => ListenUrl.IsTls(url) || ListenUrl.IsLoopback(url)) && read.IsSound("server.allow_cleartext"))
        {
            read.Reject("server.listen", "clear text beyond loopback would show secrets to the network; "
                + "listen on https, or on a loopback address behind a proxy that ends TLS, or set server.allow_cleartext = true");
        }
        return server;
    }
}
