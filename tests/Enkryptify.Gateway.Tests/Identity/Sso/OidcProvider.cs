using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

// Also compiled into a program of its own, tests/fixtures/OidcProvider.
namespace Enkryptify.Gateway.Tests.Identity.Sso;

/// <summary>Whom the provider takes its visitor for.</summary>
internal sealed record Visitor(string Subject, string? Email, object? EmailVerified, string? Name)
{
    public static Visitor Of(string email, string? name = null) => new("sub-" + email, email, true, name);
}

/// <summary>
/// A real OpenID Connect provider, OpenIddict, on a port of its own. It signs its visitor in without asking. What makes it lie is done within its
/// own pipeline, so that everything else of its answers stays right.
/// </summary>
internal sealed class OidcProvider : IAsyncDisposable
{
    public const string ClientId = "acme:gateway/1";
    public const string ClientSecret = "s3cret+of/the gateway:é";

    /// <summary>One for all: making it takes longer than everything else here.</summary>
    private static readonly RSA Key = RSA.Create(2048);

    private readonly WebApplication app;
    private int keySets;
    private string? hiddenKey;

    private OidcProvider(X509Certificate2? certificate, int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        builder.Services.AddOpenIddict().AddServer(server =>
        {
            server.EnableDegradedMode();
            server.SetAuthorizationEndpointUris("connect/authorize").SetTokenEndpointUris("connect/token");
            server.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange();
            server.RegisterScopes(Scopes.Email, Scopes.Profile);
            server.AddEncryptionKey(new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32)));
            server.AddSigningKey(new RsaSecurityKey(Key) { KeyId = "first" });
            server.Configure(options => options.TimeProvider = Clock);
            server.UseAspNetCore().DisableTransportSecurityRequirement();
            Behave(server);
            Misbehave(server);
        });
        app = builder.Build();
        app.UseAuthentication();
    }

    /// <summary>Shows the time of the gateway, which is started later.</summary>
    public FollowingClock Clock { get; } = new();

    /// <summary>As the provider writes it.</summary>
    public string Issuer { get; private set; } = "";

    /// <summary>Where it sends its visitors back to; it knows no other place.</summary>
    public string RedirectUri
    {
        get => RedirectUriNow();
        set => RedirectUriNow = () => value;
    }

    public Func<string> RedirectUriNow { get; set; } = () => "https://gateway.test/auth/sso/callback";

    public Visitor Visitor { get; set; } = Visitor.Of("ann@acme.test");

    /// <summary>Refuses its visitor.</summary>
    public bool Denies { get; set; }

    /// <summary>Changes the ID token before it is signed.</summary>
    public Action<ClaimsPrincipal>? Alter { get; set; }

    /// <summary>Changes the ID token after it was signed.</summary>
    public Func<string, string?>? Tamper { get; set; }

    /// <summary>Stands in its key set too.</summary>
    public JsonWebKey? AlsoShown { get; set; }

    /// <summary>Changes the discovery document.</summary>
    public Action<OpenIddictResponse>? AlterDiscovery { get; set; }

    /// <summary>How often its keys were asked for.</summary>
    public int KeySets => Volatile.Read(ref keySets);

    /// <summary>The parameters of the last authorization request.</summary>
    public OpenIddictRequest? Asked { get; private set; }

    /// <summary>Its public key, as anybody can have it.</summary>
    public byte[] PublicKey => Key.ExportSubjectPublicKeyInfo();

    /// <summary>An ID token for the last request, with some claims of its own, signed by the provider's key or another.</summary>
    public string Sign(JsonObject claims, RSA? by = null, string keyId = "first")
    {
        var now = Clock.GetUtcNow().ToUnixTimeSeconds();
        var payload = new JsonObject
        {
            ["iss"] = Issuer, ["aud"] = ClientId, ["sub"] = Visitor.Subject, ["nonce"] = Asked!.Nonce, ["iat"] = now, ["exp"] = now + 600,
            ["email"] = Visitor.Email, ["email_verified"] = true,
        };
        foreach (var (name, value) in claims)
        {
            payload[name] = value?.DeepClone();
        }

        var header = new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = keyId };
        var signed = $"{Base64UrlEncoder.Encode(header.ToJsonString())}.{Base64UrlEncoder.Encode(payload.ToJsonString())}";
        return $"{signed}.{Base64UrlEncoder.Encode((by ?? Key).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    public static async Task<OidcProvider> Start(X509Certificate2? certificate = null, int port = 0)
    {
        var provider = new OidcProvider(certificate, port);
        await provider.app.StartAsync();
        provider.Issuer = provider.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/";
        return provider;
    }

    /// <summary>Signs with a new key from now on. The key set shows it, unless it is to be hidden.</summary>
    public void Rotate(SecurityKey next, string algorithm, bool hidden = false)
    {
        hiddenKey = hidden ? next.KeyId : null;
        app.Services.GetRequiredService<IOptionsMonitor<OpenIddictServerOptions>>().CurrentValue.SigningCredentials.Insert(0, new SigningCredentials(next, algorithm));
    }

    /// <summary>Tells the truth again.</summary>
    public void Reform()
    {
        (Visitor, Denies, Alter, Tamper, AlsoShown, AlterDiscovery, hiddenKey) = (Visitor.Of("ann@acme.test"), false, null, null, null, null, null);
        var credentials = app.Services.GetRequiredService<IOptionsMonitor<OpenIddictServerOptions>>().CurrentValue.SigningCredentials;
        credentials.RemoveAll(credential => credential.Key.KeyId != "first");
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }

    /// <summary>What OpenIddict leaves to whoever runs it: which clients there are, and who the visitor is.</summary>
    private void Behave(OpenIddictServerBuilder server)
    {
        server.AddEventHandler<ValidateAuthorizationRequestContext>(handler => handler.UseInlineHandler(context =>
        {
            Asked = context.Request;
            if (context.ClientId != ClientId || context.RedirectUri != RedirectUri)
            {
                context.Reject(Errors.InvalidRequest);
            }

            return default;
        }));
        server.AddEventHandler<HandleAuthorizationRequestContext>(handler => handler.UseInlineHandler(context =>
        {
            if (Denies)
            {
                context.Reject(Errors.AccessDenied, "<script>alert(1)</script>");
                return default;
            }

            var identity = new ClaimsIdentity("visitor", Claims.Name, Claims.Role);
            identity.SetClaim(Claims.Subject, Visitor.Subject).SetClaim(Claims.Email, Visitor.Email).SetClaim(Claims.Name, Visitor.Name);
            if (Visitor.EmailVerified is bool truth)
            {
                identity.SetClaim(Claims.EmailVerified, truth);
            }
            else
            {
                identity.SetClaim(Claims.EmailVerified, (string?)Visitor.EmailVerified);
            }

            identity.SetScopes(context.Request.GetScopes());
            identity.SetDestinations(_ => [Destinations.IdentityToken]);
            context.SignIn(new ClaimsPrincipal(identity));
            return default;
        }));
        server.AddEventHandler<ValidateTokenRequestContext>(handler => handler.UseInlineHandler(context =>
        {
            if (context.ClientId != ClientId || context.ClientSecret != ClientSecret)
            {
                context.Reject(Errors.InvalidClient);
            }

            return default;
        }));
    }

    private void Misbehave(OpenIddictServerBuilder server)
    {
        server.AddEventHandler<ProcessSignInContext>(handler => handler
            .UseInlineHandler(context =>
            {
                if (context.IdentityTokenPrincipal is { } principal)
                {
                    Alter?.Invoke(principal);
                }

                return default;
            })
            .SetOrder(OpenIddictServerHandlers.GenerateIdentityToken.Descriptor.Order - 1));
        server.AddEventHandler<ApplyTokenResponseContext>(handler => handler
            .UseInlineHandler(context =>
            {
                if (Tamper is not null && context.Response.IdToken is { } token)
                {
                    context.Response.IdToken = Tamper(token);
                }

                return default;
            })
            .SetOrder(int.MinValue + 1_000));
        server.AddEventHandler<ApplyConfigurationResponseContext>(handler => handler
            .UseInlineHandler(context =>
            {
                AlterDiscovery?.Invoke(context.Response);
                return default;
            })
            .SetOrder(int.MinValue + 1_000));
        server.AddEventHandler<HandleJsonWebKeySetRequestContext>(handler => handler
            .UseInlineHandler(context =>
            {
                Interlocked.Increment(ref keySets);
                context.Keys.RemoveAll(key => key.Kid == hiddenKey);
                if (AlsoShown is not null)
                {
                    context.Keys.Add(AlsoShown);
                }

                return default;
            })
            .SetOrder(int.MaxValue - 1_000));
    }
}

internal sealed class FollowingClock : TimeProvider
{
    public TimeProvider Followed { get; set; } = System;

    public override DateTimeOffset GetUtcNow() => Followed.GetUtcNow();
}
