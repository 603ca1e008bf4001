using System.Collections.Immutable;

namespace Enkryptify.Gateway.Configuration;

/// <summary>The keys of <c>[[backends]]</c>.</summary>
internal static class BackendSettings
{
    private const string DefaultMount = "secret";
    private const string DefaultPath = "{project}/{environment}";

    public static ImmutableArray<BackendConfig> Read(SettingReader read)
    {
        var names = new HashSet<string>();
        var workspaces = new HashSet<string>();
        return read.Each("backends", table => Backend(table, names, workspaces));
    }

    private static BackendConfig Backend(SettingReader read, HashSet<string> names, HashSet<string> workspaces)
    {
        string name = read.Value("name", new Label(), "");
        if (Require(read, "name", "what it is called in the log, the audit and metrics") && !names.Add(name))
        {
            read.Reject("name", "another backend has this name");
        }

        BackendKind kind = read.Value("kind", new Choice<BackendKind>(("enkryptify", BackendKind.Enkryptify), ("kv2", BackendKind.Kv2)), BackendKind.Enkryptify);
        string workspace = read.Value("workspace", new StoredName(), "");
        if (Require(read, "workspace", "the workspace of this gateway whose secrets are read there") && !workspaces.Add(workspace))
        {
            read.Reject("workspace", "another backend is for the same workspace");
        }

        Uri url = read.Value("url", new DestinationUrl(), new Uri("https://backend.invalid"));
        bool cleartext = read.Value("allow_cleartext", new Truth(), false);
        if (Require(read, "url", "where the backend is") && read.IsSound("url") && url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback && !cleartext)
        {
            read.Reject("url", "clear text beyond loopback would show the credential and the secrets to the network: use https, or set allow_cleartext = true");
        }

        var credential = read.Value("credential", new SecretSource("token"), new SecretReference(SecretReferenceKind.File, "/"));
        _ = Require(read, "credential", "the token that opens the backend: file:PATH, credential:NAME or env:NAME");
        string? caFile = read.Value<string?>("ca_file", new OptionalText<string>(new FilePath()), null);
        if (caFile is not null && read.IsSound("url") && url.Scheme != Uri.UriSchemeHttps)
        {
            read.Reject("ca_file", "says nothing: the url is not https");
        }

        TimeSpan connect = Seconds(read, "connect_timeout_seconds", 1, 60, 5);
        TimeSpan timeout = Seconds(read, "timeout_seconds", 1, 300, 10);
        int most = read.Value("max_answer_mib", new WholeNumber(1, 64), 16) << 20;
        TimeSpan fresh = Seconds(read, "fresh_seconds", 0, 3600, 5);
        TimeSpan structure = Seconds(read, "structure_fresh_seconds", 0, 3600, 60);
        bool cache = read.Value("cache", new Truth(), true);
        TimeSpan maxStale = TimeSpan.FromMinutes(read.Value("max_stale_minutes", new WholeNumber(1, 43_200), 1440));
        bool writable = read.Value("writable", new Truth(), false);
        if (writable && kind == BackendKind.Kv2)
        {
            read.Reject("writable", "a key-value store is read here and changed there: it changes an environment as a whole, not a secret, and not several at once");
        }

        string? remote = read.Value<string?>("remote_workspace", new OptionalText<string>(new StoredName()), null);
        if (kind == BackendKind.Enkryptify && remote is null && read.IsSound("remote_workspace"))
        {
            read.Reject("remote_workspace", "is missing: the slug or the id of the workspace over there");
        }
        if (kind == BackendKind.Kv2 && remote is not null)
        {
            read.Reject("remote_workspace", "says nothing for kind kv2");
        }

        return new BackendConfig(
            name, kind, workspace, url, credential, caFile, connect, timeout, most, fresh, structure, cache ? maxStale : null, remote ?? "", KeyValue(read, kind), writable);
    }

    private static KeyValueConfig? KeyValue(SettingReader read, BackendKind kind)
    {
        string? space = read.Value<string?>("namespace", new OptionalText<string>(new StorePath(placeholders: false)), null);
        string mount = read.Value("mount", new StorePath(placeholders: false), DefaultMount);
        string path = read.Value("path", new StorePath(placeholders: true), DefaultPath);
        ImmutableArray<string> projects = read.Value("projects", new ListOf<string>(new Slug(), mayBeEmpty: true), []);
        ImmutableArray<string> environments = read.Value("environments", new ListOf<string>(new PathName(), mayBeEmpty: true), []);
        if (kind != BackendKind.Kv2)
        {
            RejectWhen(read, "namespace", space is not null);
            RejectWhen(read, "mount", mount != DefaultMount);
            RejectWhen(read, "path", path != DefaultPath);
            RejectWhen(read, "projects", !projects.IsEmpty);
            RejectWhen(read, "environments", !environments.IsEmpty);
            return null;
        }

        if (projects.IsEmpty && read.IsSound("projects"))
        {
            read.Reject("projects", "is missing: a key-value store has no projects of its own, so name them here");
        }
        if (environments.IsEmpty && read.IsSound("environments"))
        {
            read.Reject("environments", "is missing: the environments that each project has");
        }

        // Two environments under one path would show each other's secrets, past every scope.
        var places = projects.SelectMany(project => environments.Select(environment => KeyValueConfig.PathOf(path, project, environment))).ToList();
        if (read.IsSound("path") && places.Distinct().Count() < places.Count)
        {
            read.Reject("path", "leads several environments to one place: use {project} and {environment}, apart from each other");
        }
        return new KeyValueConfig(space, mount, path, projects, environments);
    }

    private static void RejectWhen(SettingReader read, string key, bool set)
    {
        if (set)
        {
            read.Reject(key, "says nothing: it belongs to kind kv2");
        }
    }

    private static bool Require(SettingReader read, string key, string what)
    {
        if (read.IsWritten(key))
        {
            return read.IsSound(key);
        }
        read.Reject(key, $"is missing: {what}");
        return false;
    }

    private static TimeSpan Seconds(SettingReader read, string key, int least, int most, int fallback) =>
        TimeSpan.FromSeconds(read.Value(key, new WholeNumber(least, most), fallback));
}

/// <summary>A path in a key-value store: plain segments, so that none leads out of its mount, with or without placeholders.</summary>
internal sealed class StorePath(bool placeholders) : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place)
    {
        string path = text.Trim('/');
        string plain = placeholders
            ? path.Replace("{project}", "p", StringComparison.Ordinal).Replace("{environment}", "e", StringComparison.Ordinal)
            : path;
        if (path.Length is < 1 or > 256 || plain.Split('/').Any(segment => !PathName.IsPlain(segment)))
        {
            place.Fail(line, "must be a path of letters, digits and . _ -, such as " + (placeholders ? "apps/{project}/{environment}" : "secret"));
            return null;
        }
        return path;
    }

    protected override string Write(string value) => value;
}

/// <summary>The name of an environment that is also a segment of a path.</summary>
internal sealed class PathName : TextValue<string>
{
    public static bool IsPlain(string segment) =>
        segment.Length is > 0 and <= 64 && segment is not ("." or "..") && segment.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');

    protected override string? Read(string text, int line, ReadingPlace place)
    {
        if (!IsPlain(text) || Ids.TryParse(text, out _))
        {
            place.Fail(line, "must be 1 to 64 letters, digits and . _ -");
            return null;
        }
        return text;
    }

    protected override string Write(string value) => value;
}
