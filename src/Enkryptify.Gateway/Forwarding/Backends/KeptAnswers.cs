using System.Security.Cryptography;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Forwarding.Backends;

/// <summary>An answer and when it was given.</summary>
/// <param name="IsKept">The backend could not be asked now.</param>
internal sealed record Kept<T>(T Value, DateTimeOffset At, bool IsKept);

/// <summary>What an answer is called when there is none.</summary>
internal sealed record Absences(Refusal Missing, Refusal Forbidden);

/// <summary>
/// The answers of one backend, by path. The order is the rule:
/// <code>
/// 1 fresh   taken from memory, without asking
/// 2 asked   by one request for all who wait, unless the backend is being left alone
/// 3 a no    (401, 403, 404) is an answer: what was kept is deleted, and never covers it
/// 4 kept    the last good answer, from the sealed file, when there was none now, up to its age
/// </code>
/// Who is about to change something asks past 1 and 4, and what was kept of it goes when that has happened.
/// Rights are not judged here: whoever asks was authorised before, and is again after.
/// </summary>
internal sealed class KeptAnswers<T>(
    string owner, TimeSpan timeout, TimeSpan fresh, TimeSpan? maxStale, OfflineCache offline, KeptForm<T> form, BackendHealth health, Absences absences,
    Action credentialEnded, TimeProvider time, CancellationToken stop)
    where T : class
{
    public static readonly Refusal CredentialRefused = new(
        RefusalKind.BadGateway, "backend_credential_refused", "The backend of this workspace refuses the gateway's credential");

    /// <summary>The same answer is written again after so long, so that its age in the file is never far off.</summary>
    private static readonly TimeSpan Rewritten = TimeSpan.FromSeconds(30);

    /// <summary>Paths whose last writing is remembered.</summary>
    private const int Remembered = 4_096;

    /// <summary>A clock that was set back must not make an answer young for ever.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Kept<T>> memory = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Flight> flights = new(StringComparer.Ordinal);
    private readonly BoundedMap<string, (byte[] Digest, DateTimeOffset At)> written = new(Remembered);
    private long generation;

    public async ValueTask<Outcome<Kept<T>>> Get(string path, Func<CancellationToken, Task<T>> ask)
    {
        Flight? flight;
        string? away;
        lock (gate)
        {
            if (memory.TryGetValue(path, out var held) && IsFresh(held))
            {
                return held;
            }

            away = null;
            if (!flights.TryGetValue(path, out flight) && (away = health.Away()) is null)
            {
                var began = generation;
                flights[path] = flight = new Flight(Task.Run(() => Fly(path, ask, began), CancellationToken.None), began);
            }
        }

        return flight is null ? LastGood(path, away!) : await flight.Answer.ConfigureAwait(false);
    }

    /// <summary>What the backend says now: neither what is in memory, nor what was kept, nor what another asked for before. For who is about to change it.</summary>
    public async ValueTask<Outcome<Kept<T>>> Now(string path, Func<CancellationToken, Task<T>> ask)
    {
        if (health.Away() is { } away)
        {
            return health.RefusesCredential ? CredentialRefused : Unavailable(away);
        }

        return await Ask(path, ask, Interlocked.Read(ref generation), Unavailable).ConfigureAwait(false);
    }

    /// <summary>
    /// The backend's state there was, or may have been, changed: whoever reads from now on asks, and does not wait with those who asked before.
    /// </summary>
    /// <param name="delete">What was kept for an outage goes too.</param>
    public void Changed(string path, bool delete)
    {
        lock (gate)
        {
            generation++;
            memory.Remove(path);
            flights.Remove(path);
        }

        if (delete)
        {
            Remove(path);
        }
    }

    /// <summary>The last good answer without asking, for a start.</summary>
    public Kept<T>? FromFile(string path) => LastGood(path, "").Refused(out _, out var kept) ? null : kept;

    public void Remove(string path)
    {
        lock (gate)
        {
            generation++;
            memory.Remove(path);
            written.Remove(path);
        }

        offline.Remove(owner, path);
    }

    /// <summary>Forgets what is in memory, and whatever is on its way.</summary>
    public void Forget()
    {
        lock (gate)
        {
            generation++;
            memory.Clear();
            written.Clear();
        }
    }

    private bool IsFresh(Kept<T> held) => fresh > TimeSpan.Zero && time.GetUtcNow() - held.At is var age && age >= TimeSpan.Zero && age < fresh;

    private async Task<Outcome<Kept<T>>> Fly(string path, Func<CancellationToken, Task<T>> ask, long began)
    {
        try
        {
            return await Ask(path, ask, began, reason => LastGood(path, reason)).ConfigureAwait(false);
        }
        finally
        {
            lock (gate)
            {
                if (flights.TryGetValue(path, out var last) && last.Began == began)
                {
                    flights.Remove(path);
                }
            }
        }
    }

    /// <param name="otherwise">What is given when there is no answer.</param>
    private async Task<Outcome<Kept<T>>> Ask(string path, Func<CancellationToken, Task<T>> ask, long began, Func<string, Outcome<Kept<T>>> otherwise)
    {
        try
        {
            using var limit = new CancellationTokenSource(timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
            var value = await ask(either.Token).ConfigureAwait(false);
            health.Succeeded();
            return Keep(path, new Kept<T>(value, time.GetUtcNow(), IsKept: false), began);
        }
        catch (BackendRefusal refusal)
        {
            return Refused(path, refusal.Kind);
        }
        catch (BackendFailure failure)
        {
            health.Failed(failure.Message, failure.Away);
            return otherwise(failure.Message);
        }
        catch (OperationCanceledException)
        {
            var reason = $"it did not answer within {timeout.TotalSeconds:0} seconds";
            health.Failed(reason, away: true);
            return otherwise(reason);
        }
    }

    private Kept<T> Keep(string path, Kept<T> answer, long began)
    {
        byte[]? content = maxStale is null ? null : form.Write(answer.Value, answer.At);
        var digest = content is null ? null : SHA256.HashData(form.Write(answer.Value, default));
        lock (gate)
        {
            // Cleared while it was on its way: it is given to who asked, and not kept.
            if (began != generation)
            {
                return answer;
            }

            foreach (var old in memory.Where(entry => !IsFresh(entry.Value)).Select(entry => entry.Key).ToList())
            {
                memory.Remove(old);
            }

            if (fresh > TimeSpan.Zero)
            {
                memory[path] = answer;
            }

            if (content is not null && !(written.TryGet(path, out var last) && last.Digest.AsSpan().SequenceEqual(digest) && answer.At - last.At < Rewritten))
            {
                written.Put(path, (digest!, answer.At));
                offline.Put(owner, path, content, answer.At);
            }
        }

        return answer;
    }

    private Outcome<Kept<T>> Refused(string path, Answered kind)
    {
        if (kind == Answered.CredentialEnded)
        {
            health.CredentialRefused();
            credentialEnded();
            return CredentialRefused;
        }

        health.Succeeded();
        Remove(path);
        return kind == Answered.Missing ? absences.Missing : absences.Forbidden;
    }

    private Outcome<Kept<T>> LastGood(string path, string reason)
    {
        if (health.RefusesCredential)
        {
            return CredentialRefused;
        }

        var kept = maxStale is not null && offline.Get(owner, path) is var (content, _) ? form.Read(content) : null;
        var age = kept is null ? TimeSpan.Zero : time.GetUtcNow() - kept.At;
        if (kept is not null && age <= maxStale && age > -Ahead)
        {
            return kept;
        }

        var tooOld = kept is null ? "" : $", and the last good answer is older than {maxStale!.Value.TotalMinutes:0} minutes";
        return Unavailable(reason + tooOld);
    }

    private static Outcome<Kept<T>> Unavailable(string reason) =>
        new Refusal(RefusalKind.Unavailable, "backend_unavailable", $"The backend of this workspace is not available: {reason}");

    /// <param name="Began">The generation in which it began.</param>
    private sealed record Flight(Task<Outcome<Kept<T>>> Answer, long Began);
}
