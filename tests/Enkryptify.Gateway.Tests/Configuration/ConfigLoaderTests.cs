using System.Net;
using Enkryptify.Gateway.Configuration;
using Microsoft.Extensions.Logging;

namespace Enkryptify.Gateway.Tests.Configuration;

public class ConfigLoaderTests
{
    [Fact]
    public void Nothing_set_gives_the_documented_defaults()
    {
        ConfigResult result = ConfigLoader.Load(new ConfigSources());

        Assert.True(result.IsValid);
        GatewayConfig config = result.Config;
        Assert.Equal([new Uri("http://127.0.0.1:8480")], config.Server.Listen);
        Assert.Equal("http://127.0.0.1:8480", config.Server.PublicUrl);
        Assert.Empty(config.Server.TrustedProxies);
        Assert.False(config.Server.AllowCleartext);
        Assert.Equal(TimeSpan.FromSeconds(30), config.Server.ShutdownTimeout);
        Assert.Equal(0, config.Server.MaxConcurrentConnections);
        Assert.Equal(5000, config.Server.MaxWaitingRequests);
        Assert.Equal("/var/lib/enkryptify-gateway", config.Storage.DataDirectory);
        Assert.Equal(new SecretReference(SecretReferenceKind.File, "/etc/enkryptify-gateway/master.key"), config.Encryption.MasterKey);
        Assert.False(config.Exchange.AcceptApiTokensDirectly);
        Assert.Equal(new RateLimitConfig(6000, 600), config.RateLimits);
        Assert.Null(config.Sso);
        Assert.Equal(new LogConfig(LogLevel.Information, LogFormat.Text), config.Log);
        Assert.All(result.Settings, setting => Assert.Equal("default", setting.Source.ToString()));
    }

    [Fact]
    public void Every_key_is_read_from_the_file()
    {
        ConfigResult result = ConfigFile.Load("""
            [server]
            listen = ["http://127.0.0.1:1234", "http://[::]:80"]
            public_url = "https://gateway.example.com/"
            trusted_proxies = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"]
            allow_cleartext = true
            shutdown_timeout_seconds = 5
            max_concurrent_connections = 1_000
            max_waiting_requests = 64
            [storage]
            data_dir = "/data"
            [encryption]
            master_key = "credential:master.key"
            [exchange]
            accept_api_tokens_directly = true
            [rate_limits]
            requests_per_minute_per_address = 0
            exchanges_per_minute_per_credential = 7
            [log]
            level = "debug"
            format = "json"
            """);

        Assert.True(result.IsValid, string.Join('\n', result.Errors));
        GatewayConfig config = result.Config;
        Assert.Equal([new Uri("http://127.0.0.1:1234"), new Uri("http://[::]:80")], config.Server.Listen);
        Assert.Equal("https://gateway.example.com", config.Server.PublicUrl);
        Assert.Equal(
            [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("192.0.2.7/32"), IPNetwork.Parse("2001:db8::/32"), IPNetwork.Parse("::1/128")],
            config.Server.TrustedProxies);
        Assert.True(config.Server.AllowCleartext);
        Assert.Equal(TimeSpan.FromSeconds(5), config.Server.ShutdownTimeout);
        Assert.Equal(1000, config.Server.MaxConcurrentConnections);
        Assert.Equal(64, config.Server.MaxWaitingRequests);
        Assert.Equal("/data", config.Storage.DataDirectory);
        Assert.Equal(new SecretReference(SecretReferenceKind.Credential, "master.key"), config.Encryption.MasterKey);
        Assert.True(config.Exchange.AcceptApiTokensDirectly);
        Assert.Equal(new RateLimitConfig(0, 7), config.RateLimits);
        Assert.Equal(new LogConfig(LogLevel.Debug, LogFormat.Json), config.Log);
    }

    [Fact]
    public void A_flag_wins_over_the_environment_and_that_over_the_file()
    {
        const string File = """
            [log]
            level = "debug"
            format = "json"
            [server]
            listen = ["http://127.0.0.1:1"]
            """;
        var environment = new Dictionary<string, string>
        {
            ["ENKRYPTIFY_LOG_LEVEL"] = "warning",
            ["ENKRYPTIFY_SERVER_LISTEN"] = "http://127.0.0.1:2, http://127.0.0.1:3",
            ["ENKRYPTIFY_EXCHANGE_ACCEPT_API_TOKENS_DIRECTLY"] = "true",
            ["ENKRYPTIFY_RATE_LIMITS_REQUESTS_PER_MINUTE_PER_ADDRESS"] = "12",
        };

        ConfigResult result = ConfigFile.Load(File, environment, new() { ["server.listen"] = "http://127.0.0.1:4" });

        Assert.True(result.IsValid, string.Join('\n', result.Errors));
        Assert.Equal([new Uri("http://127.0.0.1:4")], result.Config.Server.Listen);
        Assert.Equal("http://127.0.0.1:4", result.Config.Server.PublicUrl);
        Assert.Equal(LogLevel.Warning, result.Config.Log.Level);
        Assert.Equal(LogFormat.Json, result.Config.Log.Format);
        Assert.True(result.Config.Exchange.AcceptApiTokensDirectly);
        Assert.Equal(12, result.Config.RateLimits.RequestsPerMinutePerAddress);
        Assert.Equal([new Uri("http://127.0.0.1:2"), new Uri("http://127.0.0.1:3")], ConfigFile.Load(File, environment).Config!.Server.Listen);
    }

    [Fact]
    public void An_empty_variable_is_an_empty_list()
    {
        const string File = "server.trusted_proxies = [\"10.0.0.0/8\"]";

        Assert.Single(ConfigFile.Load(File).Config!.Server.TrustedProxies);
        Assert.Empty(ConfigFile.Load(File, new() { ["ENKRYPTIFY_SERVER_TRUSTED_PROXIES"] = "" }).Config!.Server.TrustedProxies);
    }

    [Fact]
    public void Relative_paths_start_from_the_folder_of_the_file()
    {
        using var file = new ConfigFile("storage.data_dir = \"data\"\nencryption.master_key = \"file:../master.key\"");
        GatewayConfig config = ConfigLoader.Load(new ConfigSources { FilePath = file.Path }).Config!;

        Assert.Equal(Path.Combine(file.Folder, "data"), config.Storage.DataDirectory);
        Assert.Equal(Path.Combine(Path.GetDirectoryName(file.Folder)!, "master.key"), config.Encryption.MasterKey.Value);
    }

    [Fact]
    public void The_file_comes_from_the_flag_then_the_variable_then_the_installed_one()
    {
        using var installed = new ConfigFile("log.level = \"error\"");
        using var ofVariable = new ConfigFile("log.level = \"debug\"");
        using var ofFlag = new ConfigFile("log.level = \"warning\"");
        var sources = new ConfigSources { FallbackFilePath = installed.Path };
        Assert.Equal(LogLevel.Error, ConfigLoader.Load(sources).Config!.Log.Level);

        sources = sources with { Environment = new Dictionary<string, string> { ["ENKRYPTIFY_CONFIG"] = ofVariable.Path } };
        Assert.Equal(LogLevel.Debug, ConfigLoader.Load(sources).Config!.Log.Level);
        Assert.Equal(LogLevel.Warning, ConfigLoader.Load(sources with { FilePath = ofFlag.Path }).Config!.Log.Level);
    }

    [Fact]
    public void A_named_file_must_exist_and_an_installed_one_need_not()
    {
        using var file = new ConfigFile("");
        string missing = Path.Combine(file.Folder, "missing.toml");

        Assert.Equal(new ConfigError(missing, 0, "", "no such file"), Assert.Single(ConfigLoader.Load(new ConfigSources { FilePath = missing }).Errors));
        Assert.True(ConfigLoader.Load(new ConfigSources { FallbackFilePath = missing }).IsValid);
        Assert.StartsWith("cannot be read", Assert.Single(ConfigLoader.Load(new ConfigSources { FallbackFilePath = file.Folder }).Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_name_is_a_mistake_and_not_the_defaults()
    {
        var environment = new Dictionary<string, string> { ["ENKRYPTIFY_CONFIG"] = "" };
        Assert.Equal("ENKRYPTIFY_CONFIG", Assert.Single(ConfigLoader.Load(new ConfigSources { Environment = environment }).Errors).File);
    }

    [Fact]
    public void A_file_that_is_not_text_or_too_large_is_refused()
    {
        using var file = new ConfigFile("");
        File.WriteAllBytes(file.Path, [0xff, 0xfe, 0x00, 0xc3]);
        Assert.NotEmpty(ConfigLoader.Load(new ConfigSources { FilePath = file.Path }).Errors);

        File.WriteAllBytes(file.Path, [.. "a = \""u8, 0xc3, 0x28, .. "\""u8]);
        Assert.Equal("is not UTF-8 text", Assert.Single(ConfigLoader.Load(new ConfigSources { FilePath = file.Path }).Errors).Message);

        File.WriteAllText(file.Path, new string('#', 300_000));
        Assert.Equal("is larger than 256 KiB", Assert.Single(ConfigLoader.Load(new ConfigSources { FilePath = file.Path }).Errors).Message);
    }

    [Fact]
    public void A_file_with_a_byte_order_mark_and_windows_line_ends_is_read()
    {
        Assert.Equal(LogLevel.Error, ConfigFile.Load("\uFEFF# comment\r\n[log]\r\nlevel = \"error\"\r\n").Config!.Log.Level);
    }

    [Fact]
    public void Dev_keeps_to_its_folder_and_to_loopback_whatever_the_environment_says()
    {
        using var folder = new ConfigFile("");
        var sources = new ConfigSources
        {
            FallbackFilePath = Path.Combine(folder.Folder, "never-read.toml"),
            Environment = new Dictionary<string, string>
            {
                ["ENKRYPTIFY_STORAGE_DATA_DIR"] = "/var/lib/enkryptify-gateway",
                ["ENKRYPTIFY_ENCRYPTION_MASTER_KEY"] = "env:REAL_KEY",
                ["ENKRYPTIFY_SERVER_ALLOW_CLEARTEXT"] = "true",
                ["ENKRYPTIFY_LOG_FORMAT"] = "json",
            },
        };
        File.WriteAllText(sources.FallbackFilePath, "not toml");

        GatewayConfig config = ConfigLoader.LoadDev(folder.Folder, sources).Config!;
        Assert.Equal(folder.Folder, config.Storage.DataDirectory);
        Assert.Equal(new SecretReference(SecretReferenceKind.File, Path.Combine(folder.Folder, "master.key")), config.Encryption.MasterKey);
        Assert.Equal(LogFormat.Json, config.Log.Format);

        ConfigResult onAllInterfaces = ConfigLoader.LoadDev(folder.Folder, sources with { Flags = new Dictionary<string, string> { ["server.listen"] = "http://0.0.0.0:8480" } });
        Assert.Equal("--listen", Assert.Single(onAllInterfaces.Errors).File);
    }
}
