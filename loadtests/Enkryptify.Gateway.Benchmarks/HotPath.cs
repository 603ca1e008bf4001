using BenchmarkDotNet.Attributes;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Microsoft.AspNetCore.Http;

namespace Enkryptify.Gateway.Benchmarks;

/// <summary>The steps of an exchange and of a read, one by one, and both as a whole behind the server.</summary>
[MemoryDiagnoser]
public class HotPath
{
    private readonly byte[] key = new byte[Seal.KeySize];
    private readonly byte[] value = "postgres://user:0123456789abcdef@db.example:5432/app"u8.ToArray();
    private readonly Sensitive token = ApiToken.New();
    private Bench bench = null!;
    private Jwt jwt = null!;
    private TokenClaims claims = null!;
    private byte[] signed = [];
    private Right right = null!;
    private Place place;
    private CredentialCaller caller = null!;
    private Handler exchange = null!;
    private Handler read = null!;
    private HttpContext exchanging = null!;
    private HttpContext reading = null!;

    [GlobalSetup]
    public async Task Setup()
    {
        bench = await Bench.Start();
        var (credential, now) = (bench.Credential, TimeProvider.System.GetUtcNow());
        jwt = new Jwt(bench.Keys.Signing, "https://gateway.example");
        claims = new TokenClaims(TokenUse.Credential, credential.Id, credential.Version, Ids.New(TimeProvider.System), now, now.AddSeconds(900));
        signed = System.Text.Encoding.ASCII.GetBytes(MintJwt());
        var environment = bench.Samples.Environments["development"];
        place = Place.OfEnvironment(Ids.New(TimeProvider.System), Ids.New(TimeProvider.System), environment);
        right = Right.Owner.Lend(Permission.Read, Scope.Of([], [], [environment]));
        caller = new CredentialCaller(credential, "127.0.0.1", "benchmark") { ProofEnds = DateTimeOffset.MaxValue };
        exchange = bench.Handler("POST", "/v1/auth/exchange");
        exchanging = Bench.Context();
        exchanging.Request.Headers.Authorization = "Bearer " + bench.Samples.ApiToken;
        read = bench.Handler("GET", "/v1/workspace/{ws}/project/{prj}/secret/{key}");
        reading = Bench.Context(("ws", bench.Samples.Workspace), ("prj", bench.Samples.Project), ("key", "DATABASE_URL"));
        reading.Request.QueryString = new QueryString("?environmentId=" + environment);
    }

    [GlobalCleanup]
    public Task Cleanup() => bench.DisposeAsync().AsTask();

    [Benchmark]
    public bool ParseAndDigestToken() => ApiToken.IsWellFormed(token.Reveal()) && bench.Keys.Digests.Current(token).Digest.Length > 0;

    [Benchmark]
    public string MintJwt() => jwt.Sign(claims, (bench.Credential.WorkspaceId, bench.Credential.Permission, bench.Credential.Scope));

    [Benchmark]
    public bool VerifyJwt() => jwt.Verify(signed) is not null;

    [Benchmark]
    public bool DecideScope() => right.May(Act.ReadSecrets, place);

    [Benchmark]
    public int SealAndOpen() => Seal.Open(key, Seal.Close(key, value, "benchmark"), "benchmark").Length;

    [Benchmark]
    public bool ReadStore() => bench.KeysStore.Readers.Read(sql => sql.Any("SELECT 1 FROM meta WHERE name = ?1", "store_id"));

    [Benchmark]
    public Task AppendAudit() => bench.Gateway.Audit.Record(caller, new AuditDraft(AuditAction.View, new AuditTarget("secret", "id", "NAME")));

    /// <summary>The whole exchange, from the header to the bytes of the answer.</summary>
    [Benchmark]
    public async Task Exchange() => await (await exchange(new Call(exchanging, "benchmark", "127.0.0.1", null))).Write(exchanging, "benchmark");

    /// <summary>The whole read of one secret by a caller whose JWT is known, from the route's values to the bytes of the answer.</summary>
    [Benchmark]
    public async Task ReadSecret() => await (await read(new Call(reading, "benchmark", "127.0.0.1", caller))).Write(reading, "benchmark");
}
