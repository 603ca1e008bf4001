using System.CommandLine;
using System.Text.Json;
using Enkryptify.Gateway.Cli;
using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Tests.Configuration;

public class ConfigCommandsTests
{
    private const string FiveMistakes = """
        [server]
        listen = ["http://0.0.0.0:8480"]
        shutdown_timeout_second = 10

        [storage]
        data_dir = "/var/lib/enkryptify-gateway

        [rate_limits]
        requests_per_minute_per_address = "6000"

        [logs]
        level = "info"
        """;

    [Fact]
    public void Five_mistakes_are_five_reports_with_file_and_line_and_exit_code_78()
    {
        using var file = new ConfigFile(FiveMistakes);
        (int exit, string output, string error) = Run([], "check", "--config", file.Path);

        Assert.Equal(78, exit);
        Assert.Empty(output);
        Assert.Equal(
            [
                $"{file.Path}:2: server.listen: clear text beyond loopback would show secrets to the network; "
                    + "listen on https, or on a loopback address behind a proxy that ends TLS, or set server.allow_cleartext = true",
                $"{file.Path}:3: server.shutdown_timeout_second: unknown key; did you mean server.shutdown_timeout_seconds?",
                $"{file.Path}:6: the closing quote is missing",
                $"{file.Path}:9: rate_limits.requests_per_minute_per_address: must be a whole number, not a string",
                $"{file.Path}:11: logs: unknown section; did you mean log?",
            ],
            error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((78, "", error), Run([], "print", "--config", file.Path));
    }

    [Fact]
    public void Check_as_json_names_the_same_mistakes()
    {
        using var file = new ConfigFile(FiveMistakes);
        (int exit, string output, _) = Run([], "check", "--json", "--config", file.Path);

        Assert.Equal(78, exit);
        using JsonDocument report = JsonDocument.Parse(output);
        Assert.False(report.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal([2, 3, 6, 9, 11], report.RootElement.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("line").GetInt32()));
        Assert.Equal("logs", report.RootElement.GetProperty("errors")[4].GetProperty("key").GetString());
    }

    [Fact]
    public void A_good_file_is_ok()
    {
        using var file = new ConfigFile("[log]\nlevel = \"debug\"");
        Assert.Equal((0, "ok\n", ""), Run([], "check", "--config", file.Path));
    }

    [Fact]
    public void Print_shows_each_value_with_its_source()
    {
        using var file = new ConfigFile("[log]\nlevel = \"debug\"\n[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n[storage]\ndata_dir = 'a\"<b'");
        (int exit, string output, string error) = Run(new() { ["ENKRYPTIFY_SERVER_PUBLIC_URL"] = "https://gateway.example.com" }, "print", "--config", file.Path);

        Assert.Equal((0, ""), (exit, error));
        Assert.Equal(
            $"""
            [server]
            listen = ["http://127.0.0.1:8480"] # default
            public_url = "https://gateway.example.com" # environment ENKRYPTIFY_SERVER_PUBLIC_URL
            trusted_proxies = ["10.0.0.0/8", "::1"] # {file.Path}:4
            allow_cleartext = false # default
            shutdown_timeout_seconds = 30 # default
            max_concurrent_connections = 0 # default
            max_waiting_requests = 5000 # default

            [tls]
            certificate_file = "" # default
            key = "" # default
            client_certificates = "none" # default
            client_ca_file = "" # default

            [storage]
            data_dir = "{file.Folder}/a\"<b" # {file.Path}:6
            min_free_mib = 64 # default
            reserve_mib = 16 # default
            cache_mib = 32 # default

            [audit]
            retain_days = 0 # default
            delete_segments_after_days = 0 # default

            [backup]
            directory = "" # default
            every_hours = 0 # default
            keep = 14 # default

            [encryption]
            master_key = "file:/etc/enkryptify-gateway/master.key" # default

            [exchange]
            accept_api_tokens_directly = false # default

            [rate_limits]
            requests_per_minute_per_address = 6000 # default
            exchanges_per_minute_per_credential = 600 # default

            [sso]
            issuer = "" # default
            client_id = "" # default
            client_secret = "" # default
            email_claim = "email" # default
            name_claim = "name" # default
            allowed_domains = [] # default
            allowed_emails = [] # default
            workspace = "" # default
            role = "member" # default
            ca_file = "" # default

            [metrics]
            token = "" # default

            [telemetry]
            endpoint = "" # default
            protocol = "http/protobuf" # default
            headers = "" # default
            ca_file = "" # default
            traces = true # default
            sampling_ratio = 1 # default
            metrics = true # default
            metrics_interval_seconds = 60 # default
            timeout_seconds = 10 # default
            service_name = "enkryptify-gateway" # default
            resource_attributes = [] # default

            [warnings]
            credential_expiry_days = 7 # default
            webhook_url = "" # default
            webhook_secret = "" # default

            [proxy]
            enabled = true # default
            allowed_ranges = [] # default
            timeout_seconds = 30 # default
            stream_timeout_seconds = 600 # default
            max_concurrent_per_workspace = 64 # default
            max_envelope_mib = 16 # default

            [log]
            level = "debug" # {file.Path}:2
            format = "text" # default

            """,
            output);

        // What is printed is a configuration again, with the same values.
        Assert.Equal(WithoutSources(output), WithoutSources(RunOn(output)));
    }

    [Fact]
    public void Print_as_json_names_keys_values_and_sources()
    {
        (int exit, string output, _) = Run(new() { ["ENKRYPTIFY_SERVER_MAX_CONCURRENT_CONNECTIONS"] = "9" }, "print", "--json");

        Assert.Equal(0, exit);
        using JsonDocument settings = JsonDocument.Parse(output);
        Dictionary<string, string> shown = settings.RootElement.EnumerateArray().ToDictionary(
            setting => setting.GetProperty("key").GetString()!,
            setting => $"{setting.GetProperty("value").GetRawText()} {setting.GetProperty("source").GetString()}");
        Assert.Equal("[\"http://127.0.0.1:8480\"] default", shown["server.listen"]);
        Assert.Equal("9 environment ENKRYPTIFY_SERVER_MAX_CONCURRENT_CONNECTIONS", shown["server.max_concurrent_connections"]);
        Assert.Equal(ConfigLoader.Load(new ConfigSources()).Settings.Select(setting => setting.Key), shown.Keys);
    }

    [Fact]
    public void The_value_of_a_master_key_variable_is_not_printed()
    {
        (int exit, string output, string error) = Run(new() { ["ENKRYPTIFY_ENCRYPTION_MASTER_KEY"] = "env:KEY", ["KEY"] = "marked-secret" }, "print");

        Assert.Equal(0, exit);
        Assert.Contains("master_key = \"env:KEY\" # environment ENKRYPTIFY_ENCRYPTION_MASTER_KEY", output, StringComparison.Ordinal);
        Assert.DoesNotContain("marked-secret", output + error, StringComparison.Ordinal);
    }

    internal static (int Exit, string Output, string Error) Run(Dictionary<string, string> environment, params string[] arguments)
    {
        var console = new InvocationConfiguration { Output = new StringWriter(), Error = new StringWriter() };
        var command = ConfigCommands.Build(path => new ConfigSources { FilePath = path, Environment = environment });
        int exit = command.Parse(arguments).Invoke(console);
        return (exit, console.Output.ToString()!, console.Error.ToString()!);
    }

    private static string RunOn(string text)
    {
        using var file = new ConfigFile(text);
        return Run([], "print", "--config", file.Path).Output;
    }

    private static string[] WithoutSources(string printed) => [.. printed.Split('\n').Select(line => line.Split(" # ")[0])];
}
