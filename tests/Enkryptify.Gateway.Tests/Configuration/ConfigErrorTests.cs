using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Tests.Configuration;

/// <summary>Each kind of mistake, with the line it is reported on.</summary>
public class ConfigErrorTests
{
    [Theory]
    [InlineData("[server]\nlisten = \"http://127.0.0.1:1\"", "2 server.listen: must be a list such as [\"...\"], not a string")]
    [InlineData("[server]\nlisten = []", "2 server.listen: must not be empty")]
    [InlineData("[server]\nlisten = [\n  \"http://127.0.0.1:1\",\n  7,\n]", "4 server.listen: must be a string, not a number")]
    [InlineData("[server]\nlisten = [\"http://127.0.0.1:1\",\n\"http://127.0.0.1:1\"]", "3 server.listen: an item is listed twice")]
    [InlineData("[server]\nlisten = [\"https://127.0.0.1:1\"]\n[tls]\nkey = \"env:K\"", "2 server.listen: https needs tls.certificate_file")]
    [InlineData("[server]\nlisten = [\"http://gateway.example.com:1\"]", "2 server.listen: the host must be an IP address or localhost")]
    [InlineData("[server]\nlisten = [\"http://127.0.0.1:1/path\"]", "2 server.listen: must be a scheme, a host and a port alone")]
    [InlineData("[server]\nlisten = [\"http://u:p@127.0.0.1:1\"]", "2 server.listen: must be a scheme, a host and a port alone")]
    [InlineData("[server]\npublic_url = \"gateway.example.com\"", "2 server.public_url: must be an http or https URL without user, query or fragment")]
    [InlineData("[server]\npublic_url = \"https://example.com?x\"", "2 server.public_url: must be an http or https URL without user, query or fragment")]
    [InlineData("[server]\nallow_cleartext = \"true\"", "2 server.allow_cleartext: must be true or false, not a string")]
    [InlineData("[server]\nallow_cleartext = 1", "2 server.allow_cleartext: must be true or false, not a number")]
    [InlineData("[server]\nshutdown_timeout_seconds = 0", "2 server.shutdown_timeout_seconds: must be between 1 and 3600")]
    [InlineData("[server]\nshutdown_timeout_seconds = 1.5", "2 server.shutdown_timeout_seconds: must be a whole number, not a fraction")]
    [InlineData("[server]\nshutdown_timeout_seconds = 2020-01-01", "2 server.shutdown_timeout_seconds: must be a whole number, not a date")]
    [InlineData("[server]\nmax_concurrent_connections = -1", "2 server.max_concurrent_connections: must be between 0 and 1000000000")]
    [InlineData("[server]\nmax_concurrent_connections = 9223372036854775807", "2 server.max_concurrent_connections: must be between 0 and 1000000000")]
    [InlineData("[server]\nmax_concurrent_connections = 99999999999999999999", "2 : the number is too large")]
    [InlineData("[rate_limits]\nrequests_per_minute_per_address = \"6000\"", "2 rate_limits.requests_per_minute_per_address: must be a whole number, not a string")]
    [InlineData("[storage]\ndata_dir = \" \"", "2 storage.data_dir: must be a path")]
    [InlineData("[storage]\ndata_dir = \"a\\u0000b\"", "2 storage.data_dir: must be a path")]
    [InlineData("[storage]\ndata_dir = [\"a\"]", "2 storage.data_dir: must be a string, not a list")]
    [InlineData("[log]\nlevel = \"INFO\"", "2 log.level: must be one of debug, info, warning, error")]
    [InlineData("[log]\nformat = true", "2 log.format: must be a string, not true or false")]
    public void A_wrong_value_is_reported_on_its_line(string text, string error) => Assert.Equal([error], ConfigFile.Errors(text));

    [Theory]
    [InlineData("10.1")]
    [InlineData("10/8")]
    [InlineData("10.0.0.1/8")]
    [InlineData("10.0.0.0/33")]
    [InlineData("proxy.example.com")]
    [InlineData("")]
    public void A_proxy_is_an_address_or_a_clean_range(string proxy) => Assert.Equal(
        ["1 server.trusted_proxies: must be an IP address or a range such as 10.0.0.0/8, with no bit set after the prefix"],
        ConfigFile.Errors($"server.trusted_proxies = [\"{proxy}\"]"));

    [Theory]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    public void Trusting_everyone_as_a_proxy_is_refused(string everyone) =>
        Assert.Contains("every client choose the address", Assert.Single(ConfigFile.Errors($"server.trusted_proxies = [\"{everyone}\"]")), StringComparison.Ordinal);

    [Theory]
    [InlineData("3q2+7wSECRETSECRETSECRET=")]
    [InlineData("env:1SECRET")]
    [InlineData("env:SEC RET")]
    [InlineData("credential:../SECRET")]
    [InlineData("credential:..")]
    [InlineData("credential:")]
    [InlineData("vault:SECRET")]
    public void A_master_key_that_is_no_reference_is_refused_and_not_repeated(string value)
    {
        const string Expected = "encryption.master_key: must be file:PATH, credential:NAME or env:NAME; the key itself does not belong here";
        Assert.Equal([$"1 {Expected}"], ConfigFile.Errors($"encryption.master_key = \"{value}\""));
        Assert.Equal([$"0 {Expected}"], ConfigFile.Errors("", new() { ["ENKRYPTIFY_ENCRYPTION_MASTER_KEY"] = value }));
    }

    [Fact]
    public void A_key_pasted_without_quotes_is_not_repeated() =>
        Assert.DoesNotContain(ConfigFile.Errors("encryption.master_key = SECRET/SECRET+SECRET="), error => error.Contains("SECRET", StringComparison.Ordinal));

    [Theory]
    [InlineData("http://0.0.0.0:8480")]
    [InlineData("http://[::]:8480")]
    [InlineData("http://10.0.0.1:8480")]
    public void Clear_text_beyond_loopback_needs_its_switch(string url)
    {
        string file = $"[server]\n\nlisten = [\"http://127.0.0.2:1\", \"{url}\"]\n";

        Assert.StartsWith("3 server.listen: clear text beyond loopback", Assert.Single(ConfigFile.Errors(file)), StringComparison.Ordinal);
        Assert.Empty(ConfigFile.Errors(file + "allow_cleartext = true"));
        Assert.Equal(["4 server.allow_cleartext: must be true or false, not a string"], ConfigFile.Errors(file + "allow_cleartext = \"true\""));
    }

    [Theory]
    [InlineData("http://localhost:8480")]
    [InlineData("http://127.9.9.9:0")]
    [InlineData("http://[::1]:8480")]
    public void Loopback_needs_no_switch(string url) => Assert.Empty(ConfigFile.Errors($"server.listen = [\"{url}\"]"));

    [Fact]
    public void Mistakes_in_variables_and_flags_carry_their_name()
    {
        ConfigResult result = ConfigFile.Load("[log]\nlevel = \"loud\"",
            new() { ["ENKRYPTIFY_LOG_LEVEL"] = "louder", ["ENKRYPTIFY_RATE_LIMITS_REQUESTS_PER_MINUTE_PER_ADDRESS"] = "many" },
            new() { ["log.level"] = "loudest", ["server.allow_cleartext"] = "yes" });

        Assert.Equal(
            [
                "enkryptify.toml:2: log.level: must be one of debug, info, warning, error",
                "--allow-cleartext: server.allow_cleartext: must be true or false, not this text",
                "--level: log.level: must be one of debug, info, warning, error",
                "ENKRYPTIFY_LOG_LEVEL: log.level: must be one of debug, info, warning, error",
                "ENKRYPTIFY_RATE_LIMITS_REQUESTS_PER_MINUTE_PER_ADDRESS: rate_limits.requests_per_minute_per_address: must be a whole number, not this text",
            ],
            result.Errors.Select(error => error.ToString().Split('/')[^1]));
    }

    [Fact]
    public void A_mistake_in_the_file_stays_one_when_a_variable_overrides_it() =>
        Assert.Equal(["2 log.level: must be one of debug, info, warning, error"], ConfigFile.Errors("[log]\nlevel = \"loud\"", new() { ["ENKRYPTIFY_LOG_LEVEL"] = "info" }));
}
