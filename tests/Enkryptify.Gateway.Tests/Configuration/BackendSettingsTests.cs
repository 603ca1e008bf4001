using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Tests.Configuration;

/// <summary><c>[[backends]]</c>: what is sound, and every mistake with its key.</summary>
public class BackendSettingsTests
{
    private static readonly (string Key, string Value)[] Gateway =
    [
        ("name", "\"hq\""), ("workspace", "\"acme\""), ("url", "\"https://hq.example/base\""), ("credential", "\"env:HQ_TOKEN\""), ("remote_workspace", "\"main\""),
    ];

    private static readonly (string Key, string Value)[] Store =
    [
        ("name", "\"kv\""), ("kind", "\"kv2\""), ("workspace", "\"acme\""), ("url", "\"https://vault.example\""), ("credential", "\"env:ENKRYPTIFY_KV\""),
        ("path", "\"apps/{project}/{environment}\""), ("projects", "[\"shop\", \"web\"]"), ("environments", "[\"dev\", \"prod\"]"),
    ];

    [Fact]
    public void Both_kinds_are_read()
    {
        var backends = ConfigFile.Load(Table(Gateway, ("cache", "false")) + Table(Store, ("workspace", "\"other\""))).Config!.Backends;
        Assert.Equal(
            ("hq", BackendKind.Enkryptify, "https://hq.example/base", "main", (TimeSpan?)null, TimeSpan.FromSeconds(5), null),
            (backends[0].Name, backends[0].Kind, backends[0].Url.AbsoluteUri, backends[0].RemoteWorkspace, backends[0].MaxStale, backends[0].Fresh, backends[0].KeyValue));
        Assert.Equal((BackendKind.Kv2, TimeSpan.FromDays(1), "secret", "apps/{project}/{environment}"), (backends[1].Kind, backends[1].MaxStale, backends[1].KeyValue!.Mount, backends[1].KeyValue!.Path));
    }

    [Fact]
    public void A_gateway_is_writable_where_the_operator_says_so_and_not_otherwise() =>
        Assert.Equal([false, true], ConfigFile.Load(Table(Gateway) + Table(Gateway, ("name", "\"b\""), ("workspace", "\"other\""), ("writable", "true"))).Config!.Backends.Select(backend => backend.Writable));

    /// <summary>A token in a variable of our own prefix is no unknown setting.</summary>
    [Fact]
    public void The_variable_that_holds_a_token_may_be_called_anything() =>
        Assert.Equal([], ConfigFile.Errors(Table(Store), new Dictionary<string, string> { ["ENKRYPTIFY_KV"] = "hvs.x" }));

    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "name", "", "name: is missing: what it is called in the log, the audit and metrics" },
        { "workspace", "", "workspace: is missing: the workspace of this gateway whose secrets are read there" },
        { "url", "", "url: is missing: where the backend is" },
        { "url", "\"http://hq.example\"", "url: clear text beyond loopback would show the credential and the secrets to the network: use https, or set allow_cleartext = true" },
        { "url", "\"https://u:p@hq.example\"", "url: must be an http or https URL such as http://10.1.2.3:8080, without user, query or fragment" },
        { "credential", "", "credential: is missing: the token that opens the backend: file:PATH, credential:NAME or env:NAME" },
        { "credential", "\"ek_live_x\"", "credential: must be file:PATH, credential:NAME or env:NAME; the token itself does not belong here" },
        { "remote_workspace", "", "remote_workspace: is missing: the slug or the id of the workspace over there" },
        { "kind", "\"vault\"", "kind: must be one of enkryptify, kv2" },
        { "max_stale_minutes", "0", "max_stale_minutes: must be between 1 and 43200" },
        { "projects", "[\"shop\"]", "projects: says nothing: it belongs to kind kv2" },
        { "mount", "\"kv\"", "mount: says nothing: it belongs to kind kv2" },
        { "fresh", "1", "fresh: unknown key" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_named(string key, string value, string error) => Assert.Contains(error, Short(Table(Gateway, (key, value))));

    public static TheoryData<string, string, string> StoreMistakes => new()
    {
        { "projects", "", "projects: is missing: a key-value store has no projects of its own, so name them here" },
        { "writable", "true", "writable: a key-value store is read here and changed there: it changes an environment as a whole, not a secret, and not several at once" },
        { "environments", "[]", "environments: is missing: the environments that each project has" },
        { "remote_workspace", "\"x\"", "remote_workspace: says nothing for kind kv2" },
        { "path", "\"apps/{project}\"", "path: leads several environments to one place: use {project} and {environment}, apart from each other" },
        { "path", "\"../{project}/{environment}\"", "path: must be a path of letters, digits and . _ -, such as apps/{project}/{environment}" },
        { "path", "\"{project}/{environment}?version=1\"", "path: must be a path of letters, digits and . _ -, such as apps/{project}/{environment}" },
        { "mount", "\"a/%2e%2e/b\"", "mount: must be a path of letters, digits and . _ -, such as secret" },
        { "namespace", "\"a\\r\\nX-Evil: 1\"", "namespace: must be a path of letters, digits and . _ -, such as secret" },
        { "environments", "[\"dev\", \"..\"]", "environments: must be 1 to 64 letters, digits and . _ -" },
        { "projects", "[\"shop\", \"../x\"]", "projects: must be the slug of a workspace: 2 to 48 characters of a-z, 0-9 and -" },
    };

    [Theory]
    [MemberData(nameof(StoreMistakes))]
    public void A_mistake_in_a_store_is_named(string key, string value, string error) => Assert.Contains(error, Short(Table(Store, (key, value))));

    [Fact]
    public void Two_paths_that_only_look_different_are_one_place() => Assert.Contains(
        "path: leads several environments to one place: use {project} and {environment}, apart from each other",
        Short(Table(Store, ("path", "\"{project}{environment}\""), ("projects", "[\"ab\", \"abc\"]"), ("environments", "[\"cd\", \"d\"]"))));

    [Fact]
    public void One_name_and_one_workspace_each() => Assert.Equal(
        ["name: another backend has this name", "workspace: another backend is for the same workspace"], Short(Table(Gateway) + Table(Gateway)));

    private static string[] Short(string text) => [.. ConfigFile.Errors(text).Select(error => error[(error.IndexOf('.', StringComparison.Ordinal) + 1)..])];

    private static string Table((string Key, string Value)[] sound, params (string Key, string Value)[] changes)
    {
        var lines = sound.Select(line => line.Key).Union(changes.Select(change => change.Key))
            .Select(key => (Key: key, Value: changes.Any(change => change.Key == key) ? changes.First(change => change.Key == key).Value : sound.First(line => line.Key == key).Value));
        return $"[[backends]]\n{string.Join('\n', lines.Where(line => line.Value.Length > 0).Select(line => $"{line.Key} = {line.Value}"))}\n";
    }
}
