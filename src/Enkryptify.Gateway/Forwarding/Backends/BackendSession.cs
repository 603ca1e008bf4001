using System.Net.Http.Headers;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>
/// The gateway as a client of another one: its API token is exchanged for a JWT, which is renewed a minute before it ends, by one request for all who wait.
/// A JWT that is refused before its time is exchanged anew once.
/// </summary>
internal sealed class BackendSession(BackendConfig config, BackendHttp http, TimeProvider time) : IDisposable
{
    private const int LongestSeconds = 3600;

    /// <summary>What an exchange gives when nothing shortens it (contract section 3).</summary>
    private const int UsualSeconds = 900;

    private static readonly TimeSpan Early = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim exchanging = new(1, 1);
    private Held? held;

    /// <summary>A token that ends before its JWT would is about to expire.</summary>
    public DateTimeOffset? CredentialEnds => held?.CredentialEnds;

    /// <exception cref="BackendRefusal">401, 403 or 404; only an exchange that is refused says that the credential has ended.</exception>
    public async Task<byte[]> Get(string path, CancellationToken limit)
    {
        var token = await Token(null, limit).ConfigureAwait(false);
        var response = await Send(path, token, limit).ConfigureAwait(false);
        if (response.Status == 401)
        {
            token = await Token(token, limit).ConfigureAwait(false);
            response = await Send(path, token, limit).ConfigureAwait(false);
        }

        return response.Status switch
        {
            200 => response.Body,
            401 or 403 => throw new BackendRefusal(Answered.Forbidden),
            404 => throw new BackendRefusal(Answered.Missing),
            var other => throw new BackendFailure($"it answered {other}", away: false),
        };
    }

    /// <summary>One attempt, never a second: who asks has to know whether it may have happened. Any status but those of a failure is returned.</summary>
    /// <exception cref="BackendFailure">No answer; whether it may have happened all the same is in it.</exception>
    public async Task<BackendResponse> Change(HttpMethod method, string path, byte[]? json, CancellationToken limit)
    {
        Held token;
        try
        {
            token = await Token(null, limit).ConfigureAwait(false);
        }
        catch (BackendFailure failure)
        {
            throw new BackendFailure(failure.Message, failure.Away, isUndone: true);
        }
        catch (OperationCanceledException)
        {
            throw new BackendFailure("it did not answer the exchange of the credential in time", away: true, isUndone: true);
        }

        var response = await http.Send(method, path, Bearer(token), limit, json).ConfigureAwait(false);
        if (response.Status == 401)
        {
            Interlocked.CompareExchange(ref held, null, token);
        }

        return response;
    }

    public void Dispose() => exchanging.Dispose();

    private Task<BackendResponse> Send(string path, Held token, CancellationToken limit) =>
        http.Send(HttpMethod.Get, path, Bearer(token), limit);

    private static Action<HttpRequestHeaders> Bearer(Held token) => headers => headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Jwt.Reveal());

    /// <param name="refused">The one that the backend did not take.</param>
    private async Task<Held> Token(Held? refused, CancellationToken limit)
    {
        if (held is { } current && current != refused && time.GetUtcNow() < current.Until)
        {
            return current;
        }

        await exchanging.WaitAsync(limit).ConfigureAwait(false);
        try
        {
            if (held is { } renewed && renewed != refused && time.GetUtcNow() < renewed.Until)
            {
                return renewed;
            }

            return held = await Exchange(limit).ConfigureAwait(false);
        }
        finally
        {
            exchanging.Release();
        }
    }

    private async Task<Held> Exchange(CancellationToken limit)
    {
        var credential = Credential();
        var response = await http.Send(
            HttpMethod.Post, "/v1/auth/exchange", headers => headers.Authorization = new AuthenticationHeaderValue("Bearer", credential.Reveal()), limit).ConfigureAwait(false);
        if (response.Status is 401 or 403)
        {
            held = null;
            throw new BackendRefusal(Answered.CredentialEnded);
        }

        if (response.Status != 200)
        {
            throw new BackendFailure($"it answered {response.Status} to the exchange of the credential", away: false);
        }

        return BackendJson.Read(response.Body, root =>
        {
            var jwt = BackendJson.OptionalText(root, "accessToken");
            var seconds = root.GetProperty("expiresIn").GetInt32();
            if (jwt is not { Length: > 0 and <= 16_384 } || !jwt.All(letter => letter is > ' ' and < (char)127) || seconds is < 1 or > LongestSeconds)
            {
                throw BackendJson.Unexpected("to the exchange is not of the expected form");
            }

            var now = time.GetUtcNow();
            var life = TimeSpan.FromSeconds(seconds);
            return new Held(new Sensitive(jwt), now + (life > 2 * Early ? life - Early : life / 2), seconds < UsualSeconds ? now + life : null);
        });
    }

    private Sensitive Credential()
    {
        try
        {
            return BackendHttp.Credential(config);
        }
        catch (UnusableSettingException)
        {
            throw new BackendFailure("the gateway's credential for it cannot be read", away: false);
        }
    }

    private sealed record Held(Sensitive Jwt, DateTimeOffset Until, DateTimeOffset? CredentialEnds);
}
