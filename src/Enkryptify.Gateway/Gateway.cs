using System.Net;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Dashboard.Account;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Dashboard.Overview;
using Enkryptify.Gateway.Dashboard.SignIn;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Encryption.Rotation;
using Enkryptify.Gateway.Exchange;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Exchange.Oidc;
using Enkryptify.Gateway.Forwarding;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Identity.Sso;
using Enkryptify.Gateway.Operations;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Enkryptify.Gateway;

/// <summary>
/// A running gateway, and the only composition root: it reads like a request's journey. The executable and the tests start this same object.
/// </summary>
internal sealed class Gateway : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Database database;
    private readonly Readiness readiness;
    private readonly CancellationTokenSource stop = new();
    private readonly AnchorLoop anchors;
    private readonly LastUsedLoop lastUsed;
    private readonly RefusalLog refusals;
    private readonly TimeProvider time;
    private readonly GatewayConfig config;
    private readonly SsoSignIn? sso;
    private readonly OfflineCache offline;
    private readonly IssuerKeys issuerKeys;
    private readonly SigningKeys signing;
    private readonly KeyLoop keyLoop;
    private Task loops = Task.CompletedTask;
    private bool stopped;

    private Gateway(GatewayConfig config, TimeProvider time, ILoggerProvider logs, int passwordCost)
    {
        (this.config, this.time) = (config, time);

        // The store, its keys, and the memory that follows its commits.
        database = Database.Open(config.Storage.DataDirectory);
        try
        {
            var keys = Keys.Open(database, config.Encryption, time);
            signing = keys.Signing;
            Credentials = new LiveCredentials(
                id => database.Readers.Read(sql => CredentialRows.ById(sql, id)), digest => database.Readers.Read(sql => CredentialRows.IdByDigest(sql, digest)));

            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = config.Storage.DataDirectory });
            builder.Logging.AddProvider(logs).SetMinimumLevel(config.Log.Level).AddFilter("Microsoft", LogLevel.Warning);
            builder.Services.AddRoutingCore().AddSingleton<IHostLifetime, NoLifetime>();
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, config));
            app = builder.Build();
            var log = app.Services.GetRequiredService<ILoggerFactory>();

            // 1 what every request meets
            var assets = new Assets();
            var limits = new RateLimits(config.RateLimits, time);
            var pipeline = new Pipeline(config.Server, limits, new ErrorPages(assets).Of, time, log.CreateLogger<Pipeline>());

            // 2 who is calling, and how a proof becomes a token
            refusals = new RefusalLog(database.Writer, time);
            Audit = new AuditTrail(database.Writer, time, log.CreateLogger<AuditTrail>());
            var jwt = new Jwt(keys.Signing, config.Server.PublicUrl);
            var apiTokens = new ApiTokenProof(Credentials, keys.Digests, database.Structure, time);
            Passwords = new Passwords(passwordCost);
            Accounts = new Accounts(database, Passwords, Audit, time);
            Sessions = new Sessions(database, Credentials, jwt, Audit, time);
            var signIn = new SignIn(Accounts, Passwords, refusals, time);
            var cookie = new SessionCookie(Sessions, config.Server.PublicUrl);
            var authenticator = new Authenticator(jwt, Credentials, apiTokens, config.Exchange, database.Structure, Sessions, time);
            var issuer = new TokenIssuer(jwt, Credentials, Audit, time);
            offline = new OfflineCache(config.Storage.DataDirectory, keys.Ring, log.CreateLogger<OfflineCache>());
            issuerKeys = new IssuerKeys(new KeyFetcher(time), offline, keys.Ring, time, log.CreateLogger<IssuerKeys>());
            var trust = new Trust(database);
            var oidcTokens = new OidcProof(database.Structure, trust, issuerKeys, Credentials, time);
            var issuers = new IssuerStore(database, trust, issuerKeys, keys.Ring, Audit, time);
            var identities = new IdentityStore(database, Credentials, issuers, trust, Audit, time);
            Tokens = new TokenStore(database, Credentials, keys.Digests, Audit, time);

            // 3 and 4 what they may, and what it is about
            Structure = new StructureStore(database, keys.Ring, Audit, time);
            Vault = new Vault(database, keys.Ring, Audit, time);
            var keyWork = new KeyWork(database, keys.Ring, keys.Digests, keys.Signing, offline, time, log.CreateLogger<KeyWork>());
            keyLoop = new KeyLoop(keyWork, log.CreateLogger<KeyLoop>());
            var keyBegin = new KeyBegin(keys.Ring, keys.Digests, keys.Signing, database.Chain, time);
            readiness = new Readiness(database, issuerKeys);

            new GetHealth(readiness).Map(Routes);
            new GetOpenApi().Map(Routes);
            new GetJwks(keys.Signing).Map(Routes);
            new ExchangeApiToken(apiTokens, issuer, limits, refusals).Map(Routes);
            new ExchangeOidcToken(oidcTokens, issuer, limits, refusals).Map(Routes);
            new Login(signIn, Sessions).Map(Routes);
            new Logout(Sessions).Map(Routes);
            new Me(Accounts, Sessions, signIn, Audit).Map(Routes);
            new ResetPassword(Accounts, Sessions, signIn).Map(Routes);
            var dashboardSession = new DashboardSession(signIn, Sessions, cookie);
            dashboardSession.Map(Routes);
            sso = config.Sso is null ? null : new SsoSignIn(
                config.Sso, config.Server.PublicUrl, database, Sessions, cookie, Audit, refusals, time, log.CreateLogger<SsoSignIn>());
            sso?.Map(Routes);
            new DeviceLoginEndpoints(new DeviceLogins(time), Sessions, Audit, refusals, limits, config.Server.PublicUrl, time).Map(Routes);
            new ListTokens(Tokens).Map(Routes);
            new CreateToken(Tokens).Map(Routes);
            new RotateToken(Tokens).Map(Routes);
            new RevokeToken(Tokens).Map(Routes);
            new CreateCliToken(new CliTokens(jwt, Audit, time)).Map(Routes);
            new IssuerEndpoints(issuers).Map(Routes);
            new IdentityEndpoints(identities).Map(Routes);
            new TestOidcToken(oidcTokens, database, Audit).Map(Routes);
            new ListCredentials(database, Credentials, Audit, time).Map(Routes);
            new ListWorkspaces(Structure).Map(Routes);
            new CreateWorkspace(Structure).Map(Routes);
            new ListTeams(Structure).Map(Routes);
            new CreateTeam(Structure).Map(Routes);
            new ListProjects(Structure).Map(Routes);
            new CreateProject(Structure).Map(Routes);
            new GetProject(Structure).Map(Routes);
            new ListEnvironments(Structure).Map(Routes);
            new CreateEnvironment(Structure).Map(Routes);
            new StructureEditEndpoints(new StructureEdits(Audit, time)).Map(Routes);
            new MemberEndpoints(new MemberStore(database, Credentials, Sessions, Audit, time), config.Server.PublicUrl).Map(Routes);
            new InvitationEndpoints(new Invitations(database, Passwords, Audit, refusals, time), authenticator, refusals).Map(Routes);
            new KeyEndpoints(new KeyStore(database, keys.Ring, keyBegin, keyWork, keyLoop, Audit, time)).Map(Routes);
            new ListAudit(new AuditLog(database, Audit)).Map(Routes);
            new ListSecrets(Vault).Map(Routes);
            new GetSecret(Vault).Map(Routes);
            new CreateSecrets(Vault).Map(Routes);
            new UpdateSecret(Vault).Map(Routes);
            new DeleteSecret(Vault).Map(Routes);

            // 6 the pages, for people
            var shells = new Shells(Structure, assets, time);
            assets.Map(Routes);
            new SignInPage(shells, dashboardSession, Accounts, config.Sso is null ? null : new Uri(config.Sso.Issuer).Host).Map(Routes);
            new SignOut(Sessions, cookie).Map(Routes);
            new ChooseWorkspace(shells, Structure).Map(Routes);
            new AccountPage(shells, Sessions).Map(Routes);
            pipeline.Build(app, Routes, new Dispatch(authenticator, refusals, new PageGate(cookie, new VisitorCookie(config.Server.PublicUrl), refusals, Routes)));

            lastUsed = new LastUsedLoop(Credentials, database.Writer, log.CreateLogger<LastUsedLoop>());
            anchors = new AnchorLoop(
                database.Writer, database.Chain, new AnchorFile(config.Storage.DataDirectory), keys.Signing, time, log.CreateLogger<AnchorLoop>());
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public RouteTable Routes { get; } = new();

    public LiveCredentials Credentials { get; }

    public AuditTrail Audit { get; }

    public TokenStore Tokens { get; }

    public StructureStore Structure { get; }

    public Vault Vault { get; }

    public Accounts Accounts { get; }

    public Passwords Passwords { get; }

    public Sessions Sessions { get; }

    /// <summary>Verifies the checkpoints of the audit log.</summary>
    public SigningKey AuditPublicKey => signing.Audit;

    public string AdminSocketPath => Path.Combine(config.Storage.DataDirectory, AdminSocket.FileName);

    /// <summary>Where it listens, with real port numbers.</summary>
    public IReadOnlyList<Uri> Urls { get; private set; } = [];

    /// <summary>Opens the store, verifies the key, binds the listeners. When it returns the gateway serves.</summary>
    /// <exception cref="StorageException">The data directory cannot be used.</exception>
    /// <exception cref="MasterKeyException">The key is missing or not the one of this database.</exception>
    /// <exception cref="UnusableSettingException">A secret or a file that the configuration names cannot be used.</exception>
    /// <exception cref="IOException">An address is in use.</exception>
    /// <param name="prepare">Work to be done before readiness, such as the quick start's samples.</param>
    /// <param name="passwordCost">Of new password hashes. No setting leads here: only the tests ask for less.</param>
    public static async Task<Gateway> StartAsync(
        GatewayConfig config, TimeProvider time, ILoggerProvider logs, Func<Gateway, Task>? prepare = null, int passwordCost = Passwords.DefaultIterations)
    {
        DataDirectory.Prepare(config.Storage.DataDirectory);
        var gateway = new Gateway(config, time, logs, passwordCost);
        try
        {
            await AdminSocket.BindPrivately(() => gateway.app.StartAsync());
            gateway.Urls = [.. gateway.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
                .Where(address => !address.Contains("unix:", StringComparison.Ordinal)).Select(address => new Uri(address))];
            await gateway.Audit.Record(new AuditDraft(AuditAction.Start, new AuditTarget("gateway")));
            gateway.loops = Task.WhenAll(gateway.anchors.RunAsync(gateway.stop.Token), gateway.lastUsed.RunAsync(gateway.stop.Token), gateway.FlushRefusals(), gateway.keyLoop.RunAsync(gateway.stop.Token));
            await (prepare?.Invoke(gateway) ?? Task.CompletedTask);
            gateway.readiness.Started();
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Readiness fails first, so that a load balancer turns away; requests under way drain; queues are flushed; the chain is anchored. When
    /// <paramref name="hurry"/> is cancelled the drain is cut short, but nothing acknowledged is lost.
    /// </summary>
    public async Task StopAsync(TimeSpan notice, CancellationToken hurry)
    {
        if (stopped)
        {
            return;
        }

        stopped = true;
        readiness.Stopping();
        await Task.Delay(notice, time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using (var limit = CancellationTokenSource.CreateLinkedTokenSource(hurry))
        {
            limit.CancelAfter(config.Server.ShutdownTimeout);
            await app.StopAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await stop.CancelAsync();
        await loops;
        await refusals.FlushAsync(all: true);
        await lastUsed.FlushAsync();
        await Audit.Record(new AuditDraft(AuditAction.Stop, new AuditTarget("gateway")));
        await anchors.AnchorNowAsync();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync(TimeSpan.Zero, new CancellationToken(canceled: true));
        }
        finally
        {
            await app.DisposeAsync();
            sso?.Dispose();
            Passwords.Dispose();
            issuerKeys.Dispose();
            keyLoop.Dispose();
            offline.Dispose();
            database.Dispose();
            stop.Dispose();
        }
    }

    private static void Listen(KestrelServerOptions kestrel, GatewayConfig config)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 4 << 20;
        kestrel.Limits.MaxConcurrentConnections = config.Server.MaxConcurrentConnections is > 0 and var limit ? limit : null;
        foreach (var url in config.Server.Listen)
        {
            if (url.Host == "localhost")
            {
                kestrel.ListenLocalhost(url.Port, Protocols);
            }
            else
            {
                kestrel.Listen(IPAddress.Parse(url.Host.Trim('[', ']')), url.Port, Protocols);
            }
        }

        AdminSocket.Listen(kestrel, Path.Combine(config.Storage.DataDirectory, AdminSocket.FileName));

        // Clients that offer an upgrade to h2c are answered in HTTP/1.1 (contract section 2).
        static void Protocols(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;
    }

    private async Task FlushRefusals()
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger<RefusalLog>();
        using var tick = new PeriodicTimer(TimeSpan.FromSeconds(10));
        try
        {
            while (await tick.WaitForNextTickAsync(stop.Token))
            {
                try
                {
                    await refusals.FlushAsync(all: false);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    log.LogWarning("audit: counts of refusals could not be written, they are kept for the next try: {Problem}", error.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The stop flushes once more itself.
        }
    }

    /// <summary>The verb that runs the gateway handles signals; the host must not.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
