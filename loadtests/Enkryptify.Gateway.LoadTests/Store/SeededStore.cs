using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Enkryptify.Gateway.LoadTests.Store;

/// <summary>One environment with its secrets.</summary>
internal sealed record SecretsPlace(string Path, string Environment, int Number)
{
    /// <summary>Its project's slug: the last but one segment of the path.</summary>
    public string Project => Path.Split('/')[^2];

    public string NameOf(int secret) => $"SECRET_{Number}_{secret}";
}

/// <summary>
/// What the gateway under test holds: projects of 20 environments of 50 secrets each (or as many as asked for), and API tokens that reach all of it. Made through the
/// gateway's own API, so that every row is as the product writes it.
/// </summary>
internal sealed class SeededStore
{
    /// <summary>Of an environment, where nothing else is asked for: what one list answers.</summary>
    public const int UsualSecretsOfPlace = 50;
    private const int PlacesOfProject = 20;
    private const int AtOnce = 32;

    private readonly AdminApi admin;

    private readonly int secretsOfPlace;

    private SeededStore(AdminApi admin, int secretsOfPlace) => (this.admin, this.secretsOfPlace) = (admin, secretsOfPlace);

    public int Secrets => Places.Count * secretsOfPlace;

    public List<SecretsPlace> Places { get; } = [];

    public byte[][] Tokens { get; private set; } = [];

    /// <summary>The id of the credential that <see cref="Tokens"/> begins with, and so of the first of <see cref="Jwts"/>.</summary>
    public string FirstCredential { get; private set; } = "";

    /// <summary>Request bodies for the exchange of workloads' tokens, each with another token.</summary>
    public byte[][] OidcBodies { get; private set; } = [];

    public static async Task<SeededStore> Fill(AdminApi admin, int credentials, int secrets, int oidcTokens, int secretsOfPlace, Action<string, int, int> progress)
    {
        var store = new SeededStore(admin, secretsOfPlace);
        await store.AddSecrets(secrets, progress);
        await store.AddTokens(credentials, progress);
        await store.AddOidc(oidcTokens, progress);
        return store;
    }

    public (SecretsPlace Place, int Secret) Draw(Random random) => (Places[random.Next(Places.Count)], random.Next(secretsOfPlace));

    /// <summary>Each secret once, in an order in which neighbours are far apart.</summary>
    /// <param name="number">0 to <see cref="Secrets"/> − 1.</param>
    public (SecretsPlace Place, int Secret) At(int number) => (Places[number % Places.Count], number / Places.Count);

    /// <summary>JWTs, each from another exchange; in turn from the credentials, so as many credentials as there are take part.</summary>
    public async Task<byte[][]> Jwts(int count, Action<string, int, int> progress)
    {
        var jwts = new byte[count][];
        var done = 0;
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
        {
            jwts[i] = Encoding.ASCII.GetBytes(await admin.Exchange(Encoding.ASCII.GetString(Tokens[i % Tokens.Length])));
            progress("JWTs", Interlocked.Increment(ref done), count);
        });
        return jwts;
    }

    private async Task AddSecrets(int secrets, Action<string, int, int> progress)
    {
        var places = Math.Max(1, secrets / secretsOfPlace);
        var team = (await admin.Post("/v1/workspace/load/team", """{"name":"load"}""")).GetProperty("id").GetString()!;
        for (var number = 0; number < places; number++)
        {
            var project = $"p{number / PlacesOfProject}";
            if (number % PlacesOfProject == 0)
            {
                await admin.Post("/v1/workspace/load/project", $$"""{"name":"{{project}}","slug":"{{project}}","teamId":"{{team}}"}""");
            }

            var path = $"/v1/workspace/load/project/{project}";
            var environment = (await admin.Post(path + "/environment", $$"""{"name":"e{{number % PlacesOfProject}}"}""")).GetProperty("id").GetString()!;
            Places.Add(new SecretsPlace(path + "/secret", environment, number));
            progress("environments", number + 1, places);
        }

        var done = 0;
        await Parallel.ForEachAsync(Places, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (place, _) =>
        {
            var body = new StringBuilder($$"""{"environments":["{{place.Environment}}"],"secrets":[""");
            for (var i = 0; i < secretsOfPlace; i++)
            {
                body.Append(i == 0 ? "" : ",").Append($$"""{"key":"{{place.NameOf(i)}}","value":"postgres://user:{{Guid.NewGuid()}}@db.example:5432/app","type":"runtime","dataType":"text"}""");
            }

            await admin.Post(place.Path, body.Append("]}").ToString());
            progress("secrets", Interlocked.Add(ref done, secretsOfPlace), places * secretsOfPlace);
        });
    }

    private async Task AddTokens(int credentials, Action<string, int, int> progress)
    {
        Tokens = new byte[credentials][];
        var done = 0;
        await Parallel.ForAsync(0, credentials, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
        {
            var made = await admin.Post("/v1/workspace/load/tokens", $$$"""{"name":"load {{{i}}}","permission":"read-write","scope":{"all":true},"expiresIn":"6m"}""");
            FirstCredential = i == 0 ? made.GetProperty("id").GetString()! : FirstCredential;
            Tokens[i] = Encoding.ASCII.GetBytes(made.GetProperty("token").GetString()!);
            progress("credentials", Interlocked.Increment(ref done), credentials);
        });
    }

    /// <summary>An issuer with uploaded keys, one identity for each hundred tokens, and RS256 tokens as a cluster signs them.</summary>
    private async Task AddOidc(int tokens, Action<string, int, int> progress)
    {
        const string Issuer = "https://kubernetes.default.svc.cluster.local";
        const string Audience = "enkryptify";
        const int TokensOfIdentity = 100;
        if (tokens == 0)
        {
            return;
        }

        using var key = RSA.Create(2048);
        var parameters = key.ExportParameters(false);
        var jwks = $$"""{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"load","n":"{{Encoded(parameters.Modulus!)}}","e":"{{Encoded(parameters.Exponent!)}}"}]}""";
        var issuer = (await admin.Post("/v1/workspace/load/issuer", $$"""{"name":"load","url":"{{Issuer}}","discovery":false,"jwks":{{jwks}}}""")).GetProperty("id").GetString()!;
        var identities = (tokens + TokensOfIdentity - 1) / TokensOfIdentity;
        for (var i = 0; i < identities; i++)
        {
            await admin.Post("/v1/workspace/load/oidc", $$$"""{"name":"pod {{{i}}}","issuerId":"{{{issuer}}}","audience":"{{{Audience}}}","subject":"{{{Subject(i)}}}","permission":"read","scope":{"all":true}}""");
        }

        OidcBodies = new byte[tokens][];
        var (done, now) = (0, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var header = Encoded(Encoding.UTF8.GetBytes("""{"alg":"RS256","kid":"load"}"""));
        var keys = new ConcurrentBag<RSA>();
        Parallel.For(0, tokens, i =>
        {
            if (!keys.TryTake(out var own))
            {
                own = RSA.Create(key.ExportParameters(true));
            }

            var payload = new JsonObject
            {
                ["iss"] = Issuer, ["aud"] = new JsonArray(Audience), ["sub"] = Subject(i / TokensOfIdentity), ["iat"] = now, ["nbf"] = now, ["exp"] = now + 36_000,
                ["jti"] = $"token-{i}", ["kubernetes.io"] = new JsonObject { ["namespace"] = "load", ["serviceaccount"] = new JsonObject { ["name"] = $"pod-{i / TokensOfIdentity}", ["uid"] = $"uid-{i}" } },
            };
            var signed = $"{header}.{Encoded(Encoding.UTF8.GetBytes(payload.ToJsonString()))}";
            var token = $"{signed}.{Encoded(own.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
            OidcBodies[i] = Encoding.ASCII.GetBytes($$"""{"token":"{{token}}","workspaceId":"load"}""");
            keys.Add(own);
            progress("workload tokens", Interlocked.Increment(ref done), tokens);
        });

        static string Subject(int identity) => $"system:serviceaccount:load:pod-{identity}";
    }

    private static string Encoded(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
