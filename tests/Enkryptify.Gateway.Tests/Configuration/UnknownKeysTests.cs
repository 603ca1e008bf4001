namespace Enkryptify.Gateway.Tests.Configuration;

public class UnknownKeysTests
{
    [Theory]
    [InlineData("[server]\nlistn = [\"x\"]", "2 server.listn: unknown key; did you mean server.listen?")]
    [InlineData("[server]\nListen = [\"x\"]", "2 server.Listen: unknown key; did you mean server.listen?")]
    [InlineData("[server]\ncolour = 1", "2 server.colour: unknown key")]
    [InlineData("listen = [\"x\"]", "1 listen: unknown key; did you mean server.listen?")]
    [InlineData("[log]\ndata_dir = \"x\"", "2 log.data_dir: unknown key; did you mean storage.data_dir?")]
    [InlineData("[rate_limits]\nrequest_per_minutes_per_address = 1",
        "2 rate_limits.request_per_minutes_per_address: unknown key; did you mean rate_limits.requests_per_minute_per_address?")]
    [InlineData("server = { listn = 1 }", "1 server.listn: unknown key; did you mean server.listen?")]
    [InlineData("\n\n[servr]\nlisten = 1\nx = 2", "3 servr: unknown section; did you mean server?")]
    [InlineData("[graphs]", "1 graphs: unknown section")]
    [InlineData("[server.listen]\nx = 1", "1 server.listen: unknown section")]
    [InlineData("[[server]]\n", "1 server: not a list: write [server]")]
    [InlineData("\"server.listen\" = 1", "1 \"server.listen\": unknown key; did you mean server.listen?")]
    [InlineData("\"a\\nb\" = 1", "1 \"a\\nb\": unknown key")]
    public void What_no_key_claims_is_refused(string text, string error) => Assert.Equal([error], ConfigFile.Errors(text));

    [Theory]
    [InlineData("[log]\nlevel = \"info\"\nformat = \"text\"\nlevel = \"debug\"", "4 log.level: already set on line 2")]
    [InlineData("log.level = \"info\"\n[log]\nlevel = \"debug\"", "3 log.level: already set on line 1")]
    [InlineData("[log]\nlevel = \"info\"\n[server]\n[log]\nformat = \"text\"", "4 log: this section already began on line 1")]
    public void What_is_said_twice_is_refused(string text, string error) => Assert.Equal([error], ConfigFile.Errors(text));

    [Theory]
    [InlineData("ENKRYPTIFY_SERVER_COLOUR", "unknown variable")]
    [InlineData("ENKRYPTIFY_SERVER_LISTN", "unknown variable; did you mean ENKRYPTIFY_SERVER_LISTEN?")]
    [InlineData("ENKRYPTIFY_SERVR_LISTEN", "unknown variable; did you mean ENKRYPTIFY_SERVER_LISTEN?")]
    [InlineData("ENKRYPTIFY_RATE_LIMITS_X", "unknown variable")]
    [InlineData("ENKRYPTIFY_CONFG", "unknown variable; did you mean ENKRYPTIFY_CONFIG?")]
    public void A_variable_that_means_a_setting_and_hits_none_is_refused(string name, string message)
    {
        var error = Assert.Single(ConfigFile.Load("", new() { [name] = "x" }).Errors);
        Assert.Equal($"{name}: {message}", error.ToString());
    }

    [Theory]
    [InlineData("ENKRYPTIFY_API_URL")]
    [InlineData("ENKRYPTIFY_PROXY_URL")]
    [InlineData("ENKRYPTIFY_TOKEN")]
    [InlineData("ENKRYPTIFY_SOMETHING_OF_ANOTHER_PROGRAM")]
    [InlineData("SERVER_COLOUR")]
    public void Variables_of_other_programs_are_left_alone(string name) => Assert.Empty(ConfigFile.Errors("", new() { [name] = "x" }));

    [Fact]
    public void The_variable_of_the_master_key_may_have_any_name()
    {
        var environment = new Dictionary<string, string> { ["ENKRYPTIFY_ENCRYPTION_KEY"] = "x" };

        Assert.Empty(ConfigFile.Errors("encryption.master_key = \"env:ENKRYPTIFY_ENCRYPTION_KEY\"", environment));
        Assert.Single(ConfigFile.Errors("", environment));
    }

    [Fact]
    public void A_flag_without_a_key_is_refused() =>
        Assert.Equal(["0 server.listn: unknown key; did you mean server.listen?"], ConfigFile.Errors("", flags: new() { ["server.listn"] = "x" }));
}
