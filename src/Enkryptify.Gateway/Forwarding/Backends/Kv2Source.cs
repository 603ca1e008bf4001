using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>
/// A key-value store of version 2 in OpenBao or Vault, by their public API: the keys at an environment's path are its secrets. It has neither projects nor
/// ids, so projects and environments are those of the configuration, and ids are derived from their names: scopes that name them hold as long as the
/// names do.
/// </summary>
internal sealed class Kv2Source : IBackendSource
{
    private const int MostKeys = 20_000;

    private readonly BackendConfig config;
    private readonly KeyValueConfig store;
    private readonly BackendHttp http;
    private readonly TimeProvider time;
    private DateTimeOffset? credentialEnds;
    private bool lookedUp;

    public Kv2Source(BackendConfig config, TimeProvider time)
    {
        (this.config, this.time) = (config, time);
        store = config.KeyValue ?? throw new ArgumentException("A key-value backend without its settings.", nameof(config));
        _ = BackendHttp.Credential(config);
        http = new BackendHttp(config);
    }

    public DateTimeOffset? CredentialEnds => credentialEnds;

    public async Task<RemoteStructure> Structure(CancellationToken limit)
    {
        // It says nothing of the store, only whether the token is still one, and until when.
        await LookUpToken(limit).ConfigureAwait(false);
        var team = IdOf("team");
        return new RemoteStructure(IdOf("workspace"),
        [
            new Team(team, config.Name, DateTimeOffset.UnixEpoch,
            [
                .. store.Projects.Select(slug => (Slug: slug, Id: IdOf("project", slug))).Select(project => new Project(
                    project.Id, team, project.Slug, project.Slug, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch,
                    [.. store.Environments.Select(name => new Env(IdOf("environment", project.Slug, name), team, project.Id, name, false, DateTimeOffset.UnixEpoch))])),
            ]),
        ]);
    }

    public async Task<RemoteSecrets> Secrets(Guid workspace, Project project, Env environment, CancellationToken limit)
    {
        // Both are names of the configuration, and plain segments by its rules.
        var response = await Send($"/v1/{store.Mount}/data/{KeyValueConfig.PathOf(store.Path, project.Slug, environment.Name)}", limit).ConfigureAwait(false);
        if (response.Status == 403)
        {
            await LookUpToken(limit).ConfigureAwait(false);
            throw new BackendRefusal(Answered.Forbidden);
        }

        return response.Status switch
        {
            200 => BackendJson.Read(response.Body, root => Secrets(root.GetProperty("data"), project)),

            // Nothing was ever written there, or its newest version is deleted or destroyed (data is null): the environment is there, and empty.
            404 => new RemoteSecrets([], 0),
            var other => throw new BackendFailure($"it answered {other}", away: false),
        };
    }

    public void Dispose() => http.Dispose();

    private RemoteSecrets Secrets(JsonElement version, Project project)
    {
        var data = version.GetProperty("data");
        if (data.ValueKind == JsonValueKind.Null)
        {
            return new RemoteSecrets([], 0);
        }

        var made = BackendJson.Time(version.GetProperty("metadata"), "created_time");
        var secrets = new List<RemoteSecret>();
        var leftOut = 0;
        foreach (var pair in data.EnumerateObject())
        {
            if (secrets.Count + leftOut == MostKeys)
            {
                throw BackendJson.Unexpected($"lists more than {MostKeys} items");
            }

            // What is not text in the store is its JSON here.
            var value = pair.Value.ValueKind == JsonValueKind.String ? pair.Value.GetString()! : pair.Value.ValueKind == JsonValueKind.Null ? "" : pair.Value.GetRawText();
            if (RemoteTrees.Secret(IdOf("secret", project.Slug, pair.Name), pair.Name, null, null, null, made, made, value) is { } usable)
            {
                secrets.Add(usable);
            }
            else
            {
                leftOut++;
            }
        }

        return RemoteTrees.Checked(secrets, leftOut);
    }

    /// <summary>Once, and whenever the store says no: whether the token itself is still one. A policy may hide that from it, which is no reason to drop it.</summary>
    private async Task LookUpToken(CancellationToken limit)
    {
        var response = await Send("/v1/auth/token/lookup-self", limit).ConfigureAwait(false);
        if (response.Status == 200)
        {
            credentialEnds = BackendJson.Read(response.Body, root => root.GetProperty("data").TryGetProperty("expire_time", out var end) && end.ValueKind == JsonValueKind.String
                ? end.GetDateTimeOffset().ToUniversalTime()
                : (DateTimeOffset?)null);
            lookedUp = true;
        }
        else if (response.Status is 401 or 403 && (lookedUp || credentialEnds is { } end && end <= time.GetUtcNow()))
        {
            throw new BackendRefusal(Answered.CredentialEnded);
        }
        else if (response.Status is not (401 or 403 or 404))
        {
            throw new BackendFailure($"it answered {response.Status} to a look-up of the gateway's token", away: false);
        }
    }

    private Task<BackendResponse> Send(string path, CancellationToken limit)
    {
        Sensitive token;
        try
        {
            token = BackendHttp.Credential(config);
        }
        catch (UnusableSettingException)
        {
            throw new BackendFailure("the gateway's credential for it cannot be read", away: false);
        }

        return http.Send(HttpMethod.Get, path, headers => Sign(headers, token), limit);
    }

    private void Sign(HttpRequestHeaders headers, Sensitive token)
    {
        headers.Add("X-Vault-Token", token.Reveal());
        headers.Add("X-Vault-Request", "true");
        if (store.Namespace is { } space)
        {
            headers.Add("X-Vault-Namespace", space);
        }
    }

    /// <summary>A UUID of version 8 (RFC 9562 section 5.8) out of the names that lead there. No part holds a NUL, so none can pass for two.</summary>
    private Guid IdOf(params string[] parts)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes($"kv2\0{config.Workspace}\0{string.Join('\0', parts)}"));
        digest[6] = (byte)((digest[6] & 0x0f) | 0x80);
        digest[8] = (byte)((digest[8] & 0x3f) | 0x80);
        return new Guid(digest.AsSpan(0, 16), bigEndian: true);
    }
}
