using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Operations;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Storage.Backup;
using Enkryptify.Gateway.Tests.Storage.Backup;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Enkryptify.Gateway.Tests.Storage;

/// <summary>
/// A store of every earlier schema, as the version of its time made it (tests/fixtures/databases), is taken over: served, written to, backed up. Each holds the quick
/// start's samples, the secret FIXTURE, a token, a revoked one and, from the schemas on that know them, an invitation, an identity and an allow-list.
/// </summary>
public sealed class UpgradeTests
{
    /// <summary>Writes the files of the schema of today, for the developer who adds the next one, before it is added.</summary>
    private const string WriteVariable = "ENKRYPTIFY_WRITE_FIXTURES";

    /// <summary>Of all these stores: 32 bytes, 0 to 31.</summary>
    private const string MasterKeyText = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    private static string Fixtures { get; } = FindFixtures();

    public static TheoryData<int> Schemas => [.. Enumerable.Range(1, Migrator.Latest)];

    [Theory]
    [MemberData(nameof(Schemas))]
    public async Task A_store_of_an_earlier_schema_is_taken_over_with_all_that_is_in_it(int schema)
    {
        await using var store = await Upgraded.Start(schema);
        Assert.Equal(schema < Migrator.Latest, File.Exists(store.CopyPath));
        if (schema < Migrator.Latest)
        {
            using var copy = Database.OpenReader(store.CopyPath);
            Assert.Equal((schema, "ok"), ((int)copy.Number("PRAGMA user_version")!, copy.Text("PRAGMA integrity_check")));
            Assert.Equal(store.RowsBefore, StoreSnapshot.Rows(copy));
        }

        Assert.Equal(Migrator.Latest, store.Version);
        var jwt = (string)(await store.Bearer(store.ApiToken).Post("/v1/auth/exchange")).Json["accessToken"]!;
        var secrets = $"/v1/workspace/acme/project/demo/secret?environmentId={store.Environment}";
        var values = (await store.Bearer(jwt).Get(secrets)).Json.AsArray().ToDictionary(secret => (string)secret!["name"]!, secret => (string)secret!["values"]![0]!["value"]!);
        Assert.Equal(($"sealed by schema {schema}", "hello"), (values["FIXTURE"], values["GREETING"]));
        var tokens = (await store.Operator.Get("/v1/workspace/acme/tokens")).Json.AsArray();
        Assert.NotNull(tokens.Single(token => (string)token!["name"]! == "revoked")!["revokedAt"]);
        Assert.Equal(schema >= 2, (await store.Operator.Get("/v1/workspace/acme/rbac")).Body.Contains("invited@acme.test", StringComparison.Ordinal));
        Assert.Equal(schema >= 3, (await store.Operator.Get("/v1/workspace/acme/oidc")).Body.Contains("system:serviceaccount:shop:web", StringComparison.Ordinal));
        Assert.Equal(schema >= 5, (await store.Operator.Get("/v1/workspace/acme/proxy-allowlist")).Body.Contains("https://api.example.com", StringComparison.Ordinal));

        // And it works as a new one does: written to, keys rotated.
        Assert.Equal(200, (await store.Bearer(jwt).Put(secrets.Replace("/secret?", "/secret/FIXTURE?", StringComparison.Ordinal), Json.Of(("values", Json.List(Json.Of(
            ("environmentId", store.Environment), ("value", "written after"), ("isPersonal", false))))))).Status);
        Assert.Equal(200, (await store.Operator.Post("/v1/key/rotate", Json.Of(("kind", "kek")))).Status);
        Assert.Contains("written after", (await store.Bearer(jwt).Get(secrets)).Body, StringComparison.Ordinal);
        await store.Stop();
        var report = ChainVerifier.Verify(store.Directory);
        Assert.Empty(report.Problems);
        Assert.True(report.Anchored > store.EntriesBefore && report.NotYetAnchored == 0, "old entries and new ones are one chain");
    }

    /// <summary>What an offline backup saves before an upgrade is restored by the version after it.</summary>
    [Theory]
    [MemberData(nameof(Schemas))]
    public void A_backup_of_an_earlier_schema_is_restored_and_migrated(int schema)
    {
        using var backing = new Backing();
        var old = Unpack(schema, backing.In("old"));
        var clock = new FakeTimeProvider(Info(schema).MadeAt);
        var master = MasterKey.Of(System.Text.Encoding.ASCII.GetBytes(MasterKeyText), "test");
        var made = BackupFile.Make(old, backing.File, BackupOrigin.Operator, BackupKey.Of(master), Guid.AllBitsSet, clock, new BackupProgress(), CancellationToken.None);
        Assert.Equal(schema, made.Manifest.Schema);
        var restored = StoreRestore.Run(backing.File, master, backing.In("new"), new RestoreWishes(false, false, false, false), clock, new BackupProgress(), CancellationToken.None);
        Assert.Empty(restored.Backup.Chain.Problems);
        using var sql = Database.OpenReader(Path.Combine(backing.In("new"), Database.FileName));
        Assert.Equal(Migrator.Latest, (int)sql.Number("PRAGMA user_version")!);
        Assert.Empty(ChainVerifier.Verify(backing.In("new")).Problems);
    }

    [Fact]
    public void Each_schema_has_its_files() => Assert.Equal(
        Enumerable.Range(1, Migrator.Latest).SelectMany(schema => (string[])[Name(schema, ".anchor"), Name(schema, ".db.gz"), Name(schema, ".json")]),
        Directory.GetFiles(Fixtures).Select(path => Path.GetFileName(path)!).Where(name => char.IsAsciiDigit(name[0])).Order(StringComparer.Ordinal));

    [Fact]
    public async Task The_files_of_todays_schema_are_written_when_that_is_asked_for()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable(WriteVariable) == "1", $"writes to the sources: only with {WriteVariable}=1");
        using var backing = new Backing();
        await using var store = await Upgraded.New(backing.In("new"));
        var (token, environment) = await store.Seed(Migrator.Latest);
        await store.Stop();
        using (var packed = new GZipStream(File.Create(Path.Combine(Fixtures, Name(Migrator.Latest, ".db.gz"))), CompressionLevel.SmallestSize))
        {
            packed.Write(await File.ReadAllBytesAsync(Path.Combine(store.Directory, Database.FileName), TestContext.Current.CancellationToken));
        }

        File.Copy(Path.Combine(store.Directory, AnchorFile.FileName), Path.Combine(Fixtures, Name(Migrator.Latest, ".anchor")), overwrite: true);
        File.WriteAllText(Path.Combine(Fixtures, Name(Migrator.Latest, ".json")), Json.Of(
            ("apiToken", token), ("environment", environment), ("madeBy", "UpgradeTests"), ("madeAt", store.Clock.GetUtcNow().ToUnixTimeMilliseconds())).ToString() + "\n");
    }

    private static string Name(int schema, string kind) => schema.ToString("0000", CultureInfo.InvariantCulture) + kind;

    private static (string ApiToken, string Environment, DateTimeOffset MadeAt) Info(int schema)
    {
        var info = JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures, Name(schema, ".json"))))!;
        return ((string)info["apiToken"]!, (string)info["environment"]!, DateTimeOffset.FromUnixTimeMilliseconds((long)info["madeAt"]!));
    }

    private static string Unpack(int schema, string directory)
    {
        Directory.CreateDirectory(directory, PrivateMode.Directory);
        using (var packed = new GZipStream(File.OpenRead(Path.Combine(Fixtures, Name(schema, ".db.gz"))), CompressionMode.Decompress))
        using (var database = PrivateMode.New(Path.Combine(directory, Database.FileName)))
        {
            packed.CopyTo(database);
        }

        File.Copy(Path.Combine(Fixtures, Name(schema, ".anchor")), Path.Combine(directory, AnchorFile.FileName));
        return directory;
    }

    private static string FindFixtures()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); ; folder = folder.Parent ?? throw new DirectoryNotFoundException("tests/fixtures/databases"))
        {
            var path = Path.Combine(folder.FullName, "tests", "fixtures", "databases");
            if (Directory.Exists(path))
            {
                return path;
            }
        }
    }

    /// <summary>The program of today on an old store's directory.</summary>
    private sealed class Upgraded : IAsyncDisposable
    {
        private readonly HttpClient http;
        private readonly HttpClient admin;
        private readonly Gateway gateway;
        private readonly bool owned;
        private bool stopped;

        private Upgraded(string directory, bool owned, FakeTimeProvider clock, Gateway gateway)
        {
            (Directory, this.owned, Clock, this.gateway) = (directory, owned, clock, gateway);
            http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = gateway.Urls[0] };
            admin = new HttpClient(new SocketsHttpHandler
            {
                UseProxy = false,
                ConnectCallback = async (_, cancel) =>
                {
                    var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                    await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(gateway.AdminSocketPath), cancel);
                    return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
                },
            }) { BaseAddress = new Uri("http://admin.test") };
        }

        public string Directory { get; }

        public FakeTimeProvider Clock { get; }

        public string ApiToken { get; private init; } = "";

        public string Environment { get; private init; } = "";

        public SortedDictionary<string, long> RowsBefore { get; private init; } = [];

        public long EntriesBefore { get; private init; }

        public Api Operator => new(admin, null);

        public string CopyPath => Path.Combine(Directory, $"{Database.FileName}.before-{Migrator.Latest}");

        public int Version
        {
            get
            {
                using var sql = Database.OpenReader(Path.Combine(Directory, Database.FileName));
                return (int)sql.Number("PRAGMA user_version")!;
            }
        }

        public static async Task<Upgraded> Start(int schema)
        {
            var directory = Unpack(schema, Path.Combine(System.IO.Directory.CreateTempSubdirectory("ekup-").FullName, "data"));
            var (token, environment, madeAt) = Info(schema);
            SortedDictionary<string, long> rows;
            using (var sql = Database.OpenReader(Path.Combine(directory, Database.FileName)))
            {
                rows = StoreSnapshot.Rows(sql);
            }

            var entries = ChainVerifier.Verify(directory);
            Assert.Empty(entries.Problems);
            var clock = new FakeTimeProvider(madeAt + TimeSpan.FromHours(1));
            return new Upgraded(directory, true, clock, await Run(directory, clock))
            {
                ApiToken = token, Environment = environment, RowsBefore = rows, EntriesBefore = entries.Entries,
            };
        }

        public static async Task<Upgraded> New(string directory)
        {
            System.IO.Directory.CreateDirectory(directory, PrivateMode.Directory);
            var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
            return new Upgraded(directory, false, clock, await Run(directory, clock));
        }

        public Api Bearer(string token) => new(http, token);

        public async Task<(string Token, string Environment)> Seed(int schema)
        {
            await gateway.Accounts.CreateLocal("owner@acme.test", "Dev Owner", null);
            async Task<Answer> Made(string path, JsonObject body)
            {
                var answer = await Operator.Post(path, body);
                Assert.True(answer.Status is 200 or 201, answer.Body);
                return answer;
            }

            await Made("/v1/workspace", Json.Of(("name", "Acme"), ("slug", "acme")));
            var team = (string)(await Made("/v1/workspace/acme/team", Json.Of(("name", "platform")))).Json["id"]!;
            await Made("/v1/workspace/acme/project", Json.Of(("name", "Demo"), ("slug", "demo"), ("teamId", team)));
            var environment = (string)(await Made("/v1/workspace/acme/project/demo/environment", Json.Of(("name", "production"), ("hasPersonalOverrides", true)))).Json["id"]!;
            await Made("/v1/workspace/acme/project/demo/secret", Json.Secret("FIXTURE", string.Create(CultureInfo.InvariantCulture, $"sealed by schema {schema}"), [environment]));
            await Made("/v1/workspace/acme/project/demo/secret", Json.Secret("GREETING", "hello", [environment]));
            JsonObject Token(string name) => Json.Of(("name", name), ("permission", "read-write"), ("scope", Json.Everything), ("expiresIn", "6m"));
            var revoked = (string)(await Made("/v1/workspace/acme/tokens", Token("revoked"))).Json["id"]!;
            Assert.Equal(200, (await Operator.Delete($"/v1/workspace/acme/tokens/{revoked}")).Status);
            await Made("/v1/workspace/acme/oidc", Json.Of(
                ("name", "pods"), ("issuer", "https://issuer.example"), ("audience", "gateway"), ("subject", "system:serviceaccount:shop:web"), ("permission", "read"), ("scope", Json.Everything)));
            await Made("/v1/workspace/acme/rbac", Json.Of(("email", "invited@acme.test"), ("role", "developer"), ("scope", Json.Everything)));
            Assert.Equal(200, (await Operator.Put("/v1/workspace/acme/proxy-allowlist", Json.List("https://api.example.com"))).Status);
            return ((string)(await Made("/v1/workspace/acme/tokens", Token("fixture"))).Json["token"]!, environment);
        }

        public async Task Stop()
        {
            if (!stopped)
            {
                stopped = true;
                await gateway.DisposeAsync();
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Stop();
            http.Dispose();
            admin.Dispose();
            if (owned)
            {
                System.IO.Directory.Delete(Path.GetDirectoryName(Directory)!, recursive: true);
            }
        }

        private static async Task<Gateway> Run(string directory, FakeTimeProvider clock)
        {
            var result = ConfigLoader.LoadDev(directory, new ConfigSources { Flags = new Dictionary<string, string> { ["server.listen"] = "http://127.0.0.1:0" } });
            PrivateFile.Write(result.Config!.Encryption.MasterKey.Value, MasterKeyText + "\n");
            return await Gateway.StartAsync(result.Config, clock, new LineLogs(Stream.Null, LogFormat.Text, clock), passwordCost: 1_000);
        }
    }
}
