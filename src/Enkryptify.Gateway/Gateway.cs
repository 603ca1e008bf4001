using System.Net;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Audit.Segments;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Dashboard.Account;
using Enkryptify.Gateway.Dashboard.Audit;
using Enkryptify.Gateway.Dashboard.Device;
using Enkryptify.Gateway.Dashboard.Forwarding;
using Enkryptify.Gateway.Dashboard.Credentials;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Dashboard.Members;
using Enkryptify.Gateway.Dashboard.Overview;
using Enkryptify.Gateway.Dashboard.Projects;
using Enkryptify.Gateway.Dashboard.Secrets;
using Enkryptify.Gateway.Dashboard.SignIn;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Encryption.Rotation;
using Enkryptify.Gateway.Exchange;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Exchange.Oidc;
using Enkryptify.Gateway.Forwarding;
using Enkryptify.Gateway.Forwarding.Backends;
using Enkryptify.Gateway.Forwarding.Proxy;
using Enkryptify.Gateway.Forwarding.Routes;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Http.Tls;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Identity.Sso;
using Enkryptify.Gateway.Operations;
using Enkryptify.Gateway.Operations.Doctor;
using Enkryptify.Gateway.Operations.Metrics;
using Enkryptify.Gateway.Operations.Systemd;
using Enkryptify.Gateway.Operations.Telemetry;
using Enkryptify.Gateway.Operations.Warnings;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Storage.Backup;
using Enkryptify.Gateway.Workspaces;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Data.Sqlite;
using Yarp.ReverseProxy.Configuration;

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
    private readonly SegmentRetention retention;
    private readonly DiskWatch disk;
    private readonly RefusalLog refusals;
    private readonly ForwardLog forwarded;
    private readonly TimeProvider time;
    private readonly GatewayConfig config;
    private readonly ServerTls? tls;
    private readonly SsoSignIn? sso;
    private readonly ExpiryWebhook? webhook;
    private readonly TelemetryExport? telemetry;
    private readonly OfflineCache offline;
    private readonly IssuerKeys issuerKeys;
    private readonly Upstream upstream;
    private readonly SigningKeys signing;
    private readonly KeyLoop keyLoop;
    private readonly BackupLoop backupLoop;
    private Task loops = Task.CompletedTask;
    private bool stopped;

    private Gateway(
        GatewayConfig config, TimeProvider time, ILoggerProvider logs, int passwordCost, IReadOnlyList<PassedSocket> sockets, INetwork network)
    {
        (this.config, this.time) = (config, time);

        tls = config.Server.Tls is { } settings ? new ServerTls(settings, time) : null;

        // The store, its keys, and the memory that follows its commits.
        database = Database.Open(config.Storage.DataDirectory, new DiskSpace(config.Storage.DataDirectory, config.Storage.MinFree, config.Storage.Reserve));
        try
        {
            var keys = Keys.Open(database, config.Encryption, time);
            signing = keys.Signing;
            Credentials = new LiveCredentials(
                id => database.Readers.Read(sql => CredentialRows.ById(sql, id)),
                digest => database.Readers.Read(sql => CredentialRows.ByDigest(sql, digest)) is { } row ? row : default(FoundCredential?));

            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = config.Storage.DataDirectory });
            builder.Logging.AddProvider(logs).SetMinimumLevel(config.Log.Level).AddFilter("Microsoft", LogLevel.Warning)
                // While this one is on at any level, the server makes an Activity with a random id for every request, which nobody reads.
                .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
            builder.Services.AddRoutingCore().AddSingleton<IHostLifetime, NoLifetime>();
            LegacyRoutes.Register(builder, time);
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, config, tls, sockets));
            app = builder.Build();
            var log = app.Services.GetRequiredService<ILoggerFactory>();
            tls?.Started(log.CreateLogger<ServerTls>());

            // Before all that is to be traced.
            telemetry = config.Telemetry is null ? null : new TelemetryExport(config.Telemetry, log.CreateLogger<TelemetryExport>());

            // 1 what every request meets
            var assets = new Assets();
            var limits = new RateLimits(config.RateLimits, time);
            var admission = new Admission(config.Server.MaxWaitingRequests, () => Math.Max(ThreadPool.PendingWorkItemCount, database.Writer.Waiting));
            var pipeline = new Pipeline(config.Server, limits, admission, new ErrorPages(assets).Of, telemetry?.Requests, time, log.CreateLogger<Pipeline>());

            // 2 who is calling, and how a proof becomes a token
            refusals = new RefusalLog(database.Writer, time);
            Audit = new AuditTrail(database.Writer, time, log.CreateLogger<AuditTrail>());
            var jwt = new Jwt(keys.Signing, config.Server.PublicUrl);
            var apiTokens = new ApiTokenProof(Credentials, keys.Digests, database.Structure, time);
            Passwords = new Passwords(passwordCost);
            Accounts = new Accounts(database, Passwords, Audit, time);
            FirstOwner = new FirstOwner(database, Passwords, Audit, refusals, time);
            Sessions = new Sessions(database, Credentials, jwt, Audit, time);
            var signIn = new SignIn(Accounts, Passwords, refusals, time);
            var cookie = new SessionCookie(Sessions, config.Server.PublicUrl);
            var authenticator = new Authenticator(jwt, Credentials, apiTokens, config.Exchange, database.Structure, Sessions, time);
            var exchanges = new ExchangeCounts(time);
            var issuer = new TokenIssuer(jwt, Credentials, exchanges, Audit, time);
            offline = new OfflineCache(config.Storage.DataDirectory, keys.Ring, log.CreateLogger<OfflineCache>());
            issuerKeys = new IssuerKeys(new KeyFetcher(time), offline, keys.Ring, time, log.CreateLogger<IssuerKeys>());
            var trust = new Trust(database);
            var oidcTokens = new OidcProof(database.Structure, trust, issuerKeys, Credentials, time);
            var issuers = new IssuerStore(database, trust, issuerKeys, keys.Ring, Audit, time);
            var identities = new IdentityStore(database, Credentials, issuers, trust, Audit, time);
            Tokens = new TokenStore(database, Credentials, keys.Digests, Audit, time);

            // 3 and 4 what they may, and what it is about
            Structure = new StructureStore(database, keys.Ring, Audit, time);
            RemoteWorkspaces = new RemoteWorkspaces(config.Backends, database, Credentials, offline, time, log.CreateLogger<RemoteWorkspaces>());
            var recent = new RecentSecrets(database.Structure.Generations, keys.Ring.OpenId, config.Storage.Cache);
            Vault = new Vault(database, keys.Ring, recent, RemoteWorkspaces, Audit, time);
            var keyWork = new KeyWork(database, keys.Ring, keys.Digests, keys.Signing, offline, time, log.CreateLogger<KeyWork>());
            keyLoop = new KeyLoop(keyWork, log.CreateLogger<KeyLoop>());
            var keyBegin = new KeyBegin(keys.Ring, keys.Digests, keys.Signing, database.Chain, time);
            readiness = new Readiness(database, issuerKeys);

            // 5 what is sent elsewhere with their secrets
            var allowLists = new AllowLists(database, Audit);
            upstream = new Upstream(new AddressGuard(network, config.Proxy.AllowedRanges));
            var proxy = new ProxyCalls(config.Proxy, config.Server.PublicUrl, database, RemoteWorkspaces, allowLists, Vault, upstream, Audit, time);

            retention = new SegmentRetention(database, config.Storage.DataDirectory, config.Audit, keys.Signing, time, log.CreateLogger<SegmentRetention>());
            disk = new DiskWatch(database, log.CreateLogger<DiskWatch>());
            anchors = new AnchorLoop(
                database.Writer, database.Chain, new AnchorFile(config.Storage.DataDirectory), keys.Signing, time, log.CreateLogger<AnchorLoop>());

            // 7 watching: what is measured, what ends soon, what to do about it
            var expiry = new ExpiryHeader(config.Warnings, time);
            var expiring = new ExpiringCredentials(database, time);
            webhook = config.Warnings.WebhookUrl is null ? null : new ExpiryWebhook(config.Warnings, expiring, database, time, log.CreateLogger<ExpiryWebhook>());
            Backups = new Backups(database, keys.Ring, config.Backup, Audit, time, log.CreateLogger<Backups>());
            backupLoop = new BackupLoop(Backups, config.Backup, time, log.CreateLogger<BackupLoop>());
            var metrics = new GatewayMetrics(
                config, pipeline, database, database.Chain, anchors, refusals, limits, admission, issuer, Credentials, authenticator, recent, expiring, issuerKeys, readiness, RemoteWorkspaces, tls, Backups, telemetry, time);
            telemetry?.Start(metrics);
            new GetMetrics(metrics, config.Metrics, refusals).Map(Routes);
            new GetDoctor(database, issuerKeys, readiness, RemoteWorkspaces, tls, Backups, () => RouteFindings.Of(LegacyRoutes!.Status(), config.Warnings.CredentialExpiry, time.GetUtcNow()), telemetry, time, Audit).Map(Routes);

            new GetHealth(readiness).Map(Routes);
            new GetOpenApi().Map(Routes);
            new GetJwks(keys.Signing).Map(Routes);
            new ExchangeApiToken(apiTokens, issuer, limits, refusals, expiry).Map(Routes);
            new ExchangeOidcToken(oidcTokens, issuer, limits, refusals, expiry).Map(Routes);
            new Login(signIn, Sessions).Map(Routes);
            new Logout(Sessions).Map(Routes);
            var ownPassword = new OwnPassword(Accounts, Sessions, signIn);
            new Me(Accounts, Sessions, ownPassword, Audit).Map(Routes);
            new ResetPassword(Accounts, Sessions, signIn).Map(Routes);
            var dashboardSession = new DashboardSession(signIn, Sessions, cookie);
            dashboardSession.Map(Routes);
            sso = config.Sso is null ? null : new SsoSignIn(
                config.Sso, config.Server.PublicUrl, database, Sessions, cookie, Audit, new SsoEnd(refusals, new SsoResultPage(assets).Of), time,
                log.CreateLogger<SsoSignIn>());
            sso?.Map(Routes);
            var deviceLogins = new DeviceLogins(time);
            var deviceDecisions = new DeviceDecisions(deviceLogins, Audit, refusals, time);
            new DeviceLoginEndpoints(deviceLogins, deviceDecisions, Sessions, refusals, limits, config.Server.PublicUrl).Map(Routes);
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
            var edits = new StructureEdits(Audit, keys.Ring, time);
            new StructureEditEndpoints(edits).Map(Routes);
            var members = new MemberStore(database, Credentials, Sessions, Audit, time);
            new MemberEndpoints(members, config.Server.PublicUrl).Map(Routes);
            var invitations = new Invitations(database, Passwords, Audit, refusals, time);
            new InvitationEndpoints(invitations, authenticator, refusals).Map(Routes);
            var auditLog = new AuditLog(database, Audit);
            new ListAudit(auditLog).Map(Routes);
            new KeyEndpoints(new KeyStore(database, keys.Ring, keyBegin, keyWork, keyLoop, Audit, time)).Map(Routes);
            new BackupEndpoints(Backups).Map(Routes);
            new ListSecrets(Vault).Map(Routes);
            new GetSecret(Vault).Map(Routes);
            new CreateSecrets(Vault).Map(Routes);
            new UpdateSecret(Vault).Map(Routes);
            new DeleteSecret(Vault).Map(Routes);
            new AllowListEndpoints(allowLists).Map(Routes);
            new ProxyEndpoints(proxy, new ProxyRequestReader(time)).Map(Routes);

            // 5 what goes on to somebody else's server
            forwarded = new ForwardLog(database.Writer, time);
            var routes = new RouteLoader(database, authenticator, RemoteWorkspaces, Vault, app.Services.GetRequiredService<IConfigValidator>(), time);
            LegacyRoutes = new LegacyRoutes(
                app.Services, routes, new RouteAdmission(authenticator, time), refusals, forwarded, Credentials, config.Server, log.CreateLogger<LegacyRoutes>());
            metrics.LegacyRoutes = LegacyRoutes;
            var workspaceRoutes = new WorkspaceRoutes(LegacyRoutes, database, Audit);
            new ListRoutes(workspaceRoutes).Map(Routes);
            var backendList = new ListBackends(RemoteWorkspaces, database, Audit);
            backendList.Map(Routes);
            new ClearCache(RemoteWorkspaces, Audit).Map(Routes);

            // 6 the pages, for people
            var shells = new Shells(Structure, assets, time);
            assets.Map(Routes);
            var provider = config.Sso is null ? null : new Uri(config.Sso.Issuer).Host;
            new SignInPage(shells, dashboardSession, Accounts, FirstOwner, provider).Map(Routes);
            new SignOut(Sessions, cookie).Map(Routes);
            new FirstOwnerPage(shells, FirstOwner, dashboardSession).Map(Routes);
            new InvitePage(shells, invitations, dashboardSession).Map(Routes);
            new DevicePage(shells, deviceDecisions).Map(Routes);
            new ChooseWorkspace(shells, Structure).Map(Routes);
            new AccountPage(shells, Accounts, Sessions, ownPassword, provider).Map(Routes);
            new SessionPages(shells, Sessions, cookie).Map(Routes);
            var credentialList = new CredentialList(database, Credentials, Audit, time);
            new CredentialsPage(shells, credentialList).Map(Routes);
            new NewCredentialPage(shells).Map(Routes);
            new NewTokenPage(shells, Tokens, config.Server.PublicUrl).Map(Routes);
            new NewKubernetesPage(shells, identities, issuers, config.Server.PublicUrl).Map(Routes);
            new CredentialPage(shells, credentialList, config.Server.PublicUrl).Map(Routes);
            new RotatePage(shells, credentialList, Tokens, config.Server.PublicUrl).Map(Routes);
            new RevokePage(shells, credentialList, Tokens, identities).Map(Routes);
            new IssuersPage(shells, issuers, issuerKeys).Map(Routes);
            new OverviewPage(shells, credentialList, new AuditGlances(database, Audit), exchanges, readiness).Map(Routes);
            new MembersPage(shells, members).Map(Routes);
            new InviteMemberPage(shells, members, config.Server.PublicUrl).Map(Routes);
            new MemberPage(shells, members).Map(Routes);
            new AuditLogPage(shells, auditLog, new ChainCheck(config.Storage.DataDirectory, time)).Map(Routes);
            new RoutesPage(shells, workspaceRoutes).Map(Routes);
            new BackendPage(shells, backendList).Map(Routes);
            new OriginsPage(shells, allowLists, config.Proxy).Map(Routes);
            new ProxyLogPage(shells, auditLog, config.Proxy).Map(Routes);
            var projects = new ProjectPlaces(shells);
            new ProjectsPage(shells, Vault).Map(Routes);
            new TeamPages(shells, Structure, edits, Vault).Map(Routes);
            new ProjectPages(shells, projects, Structure, edits, Vault).Map(Routes);
            new EnvironmentPages(projects, Structure, edits, Vault).Map(Routes);
            new SecretsPage(projects, Vault).Map(Routes);
            new SecretPage(projects, Vault).Map(Routes);
            new ValuePages(projects, Vault).Map(Routes);
            new AddSecret(projects, Vault).Map(Routes);
            new ImportSecrets(projects, Vault).Map(Routes);
            new ExportSecrets(projects, Vault).Map(Routes);
            pipeline.Build(app, Routes, new Dispatch(authenticator, refusals, new PageGate(cookie, new VisitorCookie(config.Server.PublicUrl), refusals, Routes), RemoteWorkspaces), LegacyRoutes);

            lastUsed = new LastUsedLoop(Credentials, database.Writer, log.CreateLogger<LastUsedLoop>());
        }
        catch
        {
            telemetry?.Dispose();
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

    /// <summary>The workspaces that are read from backends.</summary>
    public RemoteWorkspaces RemoteWorkspaces { get; }

    public LegacyRoutes LegacyRoutes { get; }

    public Backups Backups { get; }

    public Accounts Accounts { get; }

    public Passwords Passwords { get; }

    public Sessions Sessions { get; }

    /// <summary>Makes the first account in a browser, while there is none.</summary>
    public FirstOwner FirstOwner { get; }

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
    /// <param name="sockets">Those that systemd opened.</param>
    /// <param name="passwordCost">Of new password hashes. No setting leads here: only the tests ask for less.</param>
    /// <param name="network">Names and connections of the proxy endpoint; the operating system's unless a test gives its own. No setting leads here either.</param>
    public static async Task<Gateway> StartAsync(
        GatewayConfig config, TimeProvider time, ILoggerProvider logs, Func<Gateway, Task>? prepare = null, int passwordCost = Passwords.DefaultIterations,
        INetwork? network = null, IReadOnlyList<PassedSocket>? sockets = null)
    {
        DataDirectory.Prepare(config.Storage.DataDirectory);
        var gateway = new Gateway(config, time, logs, passwordCost, sockets ?? [], network ?? SystemNetwork.Instance);
        try
        {
            await gateway.RemoteWorkspaces.Start();
            await gateway.LegacyRoutes.Start(config.Forwarding);
            await AdminSocket.BindPrivately(() => gateway.app.StartAsync());
            gateway.Urls = [.. config.Server.Listen.Where(url => sockets?.Any(socket => socket.Serves(url)) == true), .. gateway.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
                .Where(address => Uri.TryCreate(address, UriKind.Absolute, out var at) && at.Port > 0 && !address.Contains("unix:", StringComparison.Ordinal)).Select(address => new Uri(address))];
            await gateway.Audit.Record(new AuditDraft(AuditAction.Start, new AuditTarget("gateway")));
            gateway.loops = Task.WhenAll(gateway.anchors.RunAsync(gateway.stop.Token), gateway.lastUsed.RunAsync(gateway.stop.Token), gateway.FlushTallies(), gateway.keyLoop.RunAsync(gateway.stop.Token),
                gateway.tls?.RunAsync(gateway.stop.Token) ?? Task.CompletedTask, gateway.webhook?.RunAsync(gateway.stop.Token) ?? Task.CompletedTask,
                gateway.disk.RunAsync(gateway.stop.Token), gateway.retention.RunAsync(gateway.stop.Token), gateway.backupLoop.RunAsync(gateway.stop.Token));
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

    /// <summary>Signs of life for systemd, while the writer answers.</summary>
    public Watchdog Watchdog(ServiceManager manager) => new(manager, database.Writer.Ask, () => database.Writer.NeedsRestart, time);

    /// <summary>Reads the TLS files again.</summary>
    /// <returns>Why they were not taken over, or null.</returns>
    public string? ReloadTls() => tls?.Reload();

    /// <summary>
    /// Takes the routes and clusters of a configuration that was read again: all of them, or none, and then those there are stay. Never throws: it is
    /// called for a signal. The TLS files are read again too, by themselves. Other settings need a restart.
    /// </summary>
    /// <returns>Why something was left as it was, or null.</returns>
    public async Task<string?> Reload(ConfigResult result)
    {
        var left = ReloadTls();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger<Gateway>();
        try
        {
            IReadOnlyList<string> problems = result.Config is { } read
                ? await LegacyRoutes.Reload(read.Forwarding)
                : [.. result.Errors.Select(error => error.ToString())];
            foreach (var problem in problems)
            {
                log.LogError("reload: {Problem}", problem);
            }

            if (problems.Count > 0)
            {
                log.LogError("reload: nothing was taken; the routes are those from before");
                return problems[0];
            }

            var draft = new AuditDraft(AuditAction.Reload, new AuditTarget("gateway"));
            draft.Add("routes", result.Config!.Forwarding.Routes.Length);
            await Audit.Record(draft);
            log.LogInformation("reload: {Routes} routes and {Clusters} clusters are served; any other setting that changed needs a restart",
                result.Config.Forwarding.Routes.Length, result.Config.Forwarding.Clusters.Length);
        }
        catch (Exception error)
        {
            log.LogError("reload: failed, the routes may be those from before: {Problem}", error.Message);
            return error.Message;
        }

        return left;
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
        await Backups.Stop();
        await loops;
        await LastWrite(() => refusals.FlushAsync(all: true));
        await LastWrite(() => forwarded.FlushAsync(all: true));
        await LastWrite(lastUsed.FlushAsync);
        await LastWrite(() => Audit.Record(new AuditDraft(AuditAction.Stop, new AuditTarget("gateway"))));
        await LastWrite(anchors.AnchorNowAsync);
    }

    /// <summary>A store that fails is told, and does not keep the gateway from ending: what was acknowledged is on the disk.</summary>
    private async Task LastWrite(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception error) when (error is SqliteException or StorageException or StorageFullException or IOException)
        {
            app.Services.GetRequiredService<ILoggerFactory>().CreateLogger<Gateway>().LogError("stop: the last entries could not be written: {Problem}", error.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync(TimeSpan.Zero, new CancellationToken(canceled: true));
        }
        finally
        {
            // First: what is measured is asked of everything else once more.
            telemetry?.Dispose();
            await app.DisposeAsync();
            sso?.Dispose();
            webhook?.Dispose();
            Passwords.Dispose();
            upstream.Dispose();
            issuerKeys.Dispose();
            keyLoop.Dispose();
            RemoteWorkspaces.Dispose();
            Backups.Dispose();
            offline.Dispose();
            database.Dispose();
            stop.Dispose();
        }
    }

    private static void Listen(KestrelServerOptions kestrel, GatewayConfig config, ServerTls? tls, IReadOnlyList<PassedSocket> sockets)
    {
        kestrel.AddServerHeader = false;

        // Headers of upstreams pass through byte for byte; ours are ASCII.
        kestrel.ResponseHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
        kestrel.Limits.MaxRequestBodySize = 4 << 20;
        kestrel.Limits.MaxConcurrentConnections = config.Server.MaxConcurrentConnections is > 0 and var limit ? limit : null;
        foreach (var url in config.Server.Listen)
        {
            Action<ListenOptions> how = ListenUrl.IsTls(url) ? tls!.Listen : Protocols;
            if (sockets.Any(socket => socket.Serves(url)))
            {
                foreach (var socket in sockets.Where(socket => socket.Serves(url)))
                {
                    kestrel.ListenHandle((ulong)socket.Descriptor, how);
                }
            }
            else if (url.Host == "localhost")
            {
                kestrel.ListenLocalhost(url.Port, how);
            }
            else
            {
                kestrel.Listen(IPAddress.Parse(url.Host.Trim('[', ']')), url.Port, how);
            }
        }

        AdminSocket.Listen(kestrel, Path.Combine(config.Storage.DataDirectory, AdminSocket.FileName));

        // Clients that offer an upgrade to h2c are answered in HTTP/1.1 (contract section 2).
        static void Protocols(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;
    }

    private async Task FlushTallies()
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
                    await forwarded.FlushAsync(all: false);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    log.LogWarning("audit: counts of refusals and of forwarded requests could not be written, they are kept for the next try: {Problem}", error.Message);
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
