using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Identity;

/// <summary>
/// Sign-ins of people. A login is a JWT whose <c>jti</c> names a row here; a dashboard session is an opaque cookie, of which only the digest is
/// kept. Either ends at once when its row does.
/// </summary>
internal sealed class Sessions
{
    public const int LoginSeconds = 28_800;
    public static readonly TimeSpan DashboardLifetime = TimeSpan.FromHours(12);
    private static readonly TimeSpan KeptAfterEnd = TimeSpan.FromDays(7);

    private readonly Database database;
    private readonly Live<Guid, Session> live;
    private readonly LiveCredentials credentials;
    private readonly Jwt jwt;
    private readonly AuditTrail audit;
    private readonly TimeProvider time;

    public Sessions(Database database, LiveCredentials credentials, Jwt jwt, AuditTrail audit, TimeProvider time)
    {
        (this.database, this.credentials, this.jwt, this.audit, this.time) = (database, credentials, jwt, audit, time);
        live = new Live<Guid, Session>(id => database.Readers.Read(sql => SessionRows.ById(sql, id)), 16_384);
    }

    /// <summary>An open session, or null.</summary>
    public Session? Find(Guid id) => live.Get(id) is { } session && session.IsOpen(time.GetUtcNow()) ? session : null;

    /// <summary>The open dashboard session of a cookie, or null. Being asked for counts as activity.</summary>
    public async ValueTask<Session?> FindByCookie(Sensitive cookie)
    {
        var digest = Digest(cookie);
        var now = time.GetUtcNow();
        if (database.Readers.Read(sql => SessionRows.ByDigest(sql, digest)) is not { } session || !session.IsOpen(now) || now - session.LastSeenAt > Session.Idle)
        {
            return null;
        }

        if (now - session.LastSeenAt > TimeSpan.FromMinutes(1))
        {
            await database.Writer.Relaxed<Done>(transaction =>
            {
                transaction.Sql.Execute("UPDATE session SET last_seen_at = ?2 WHERE id = ?1 AND last_seen_at < ?2", session.Id, now);
                return Done.Value;
            });
        }

        return session;
    }

    /// <summary>A login for the CLI: the JWT of contract section 3. Refused when the proof ended meanwhile.</summary>
    public async Task<Outcome<Sensitive>> StartLogin(SignInProof proof, string? address, string? agent, string requestId)
    {
        var issued = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        return (await Start(proof, SessionKind.Login, issued.AddSeconds(LoginSeconds), null, address, agent, requestId)).Refused(out var refusal, out var session)
            ? refusal
            : new Sensitive(jwt.Sign(new TokenClaims(TokenUse.Login, proof.Account.Id, 1, session.Id, issued, session.ExpiresAt), null));
    }

    /// <summary>A dashboard session: always a new value, whatever the browser sent, so that none can be planted (fixation).</summary>
    public async Task<Outcome<Sensitive>> StartDashboard(SignInProof proof, string? address, string? agent, string requestId)
    {
        var cookie = new Sensitive(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));
        return (await Start(proof, SessionKind.Dashboard, time.GetUtcNow() + DashboardLifetime, Digest(cookie), address, agent, requestId)).Refused(out var refusal, out _)
            ? refusal
            : cookie;
    }

    public ValueTask<Outcome<IReadOnlyList<Session>>> List(LoginCaller caller)
    {
        var draft = new AuditDraft(AuditAction.List, new AuditTarget("session"));
        return audit.Read(caller, draft, () => Outcome.Of<IReadOnlyList<Session>>(
            database.Readers.Read(sql => SessionRows.OpenOf(sql, caller.User.Id, time.GetUtcNow()))));
    }

    /// <summary>Ends one of the caller's own sessions.</summary>
    public Task<Outcome<Done>> End(LoginCaller caller, Guid id)
    {
        var draft = new AuditDraft(AuditAction.Logout, new AuditTarget("session", id.ToString("D")));
        return audit.Change<Done>(caller, draft, transaction =>
        {
            if (SessionRows.ById(transaction.Sql, id) is not { } session || session.UserId != caller.User.Id)
            {
                return Refusal.NotFound("Session");
            }

            transaction.Sql.Execute("UPDATE session SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL", id, time.GetUtcNow());
            transaction.AfterCommit(() => live.Changed(id));
            return Done.Value;
        });
    }

    /// <summary>Ends all of the caller's sessions, and the CLI tokens made from them.</summary>
    public Task<Outcome<Done>> EndEverywhere(LoginCaller caller)
    {
        var draft = new AuditDraft(AuditAction.Logout, new AuditTarget("session", null, "all"));
        return audit.Change<Done>(caller, draft, transaction =>
        {
            EndAll(transaction, caller.User.Id, but: null);
            return Done.Value;
        });
    }

    /// <summary>Within another change: a new password, a removal.</summary>
    public void EndAll(WriteTransaction transaction, Guid user, Guid? but)
    {
        var now = time.GetUtcNow();
        foreach (var id in SessionRows.EndAll(transaction.Sql, user, but, now))
        {
            transaction.AfterCommit(() => live.Changed(id));
        }

        foreach (var id in transaction.Sql.Query(
            "SELECT id FROM credential WHERE created_by = ?1 AND type = 'cli' AND revoked_at IS NULL", row => row.Id(0), user))
        {
            transaction.Sql.Execute("UPDATE credential SET revoked_at = ?2 WHERE id = ?1", id, now);
            transaction.AfterCommit(() => credentials.Changed(id));
        }
    }

    /// <summary>Within another change: what sessions show of their person's account is read anew.</summary>
    public void AccountChanged(WriteTransaction transaction, Guid user)
    {
        foreach (var session in SessionRows.OpenOf(transaction.Sql, user, time.GetUtcNow()))
        {
            transaction.AfterCommit(() => live.Changed(session.Id));
        }
    }

    private static byte[] Digest(Sensitive cookie) => SHA256.HashData(Encoding.UTF8.GetBytes(cookie.Reveal()));

    private Task<Outcome<Session>> Start(
        SignInProof proof, SessionKind kind, DateTimeOffset expires, byte[]? digest, string? address, string? agent, string requestId)
    {
        var (account, now) = (proof.Account, time.GetUtcNow());
        var session = new Session(Ids.New(time), account.Id, kind, address, agent is { Length: > 200 } ? agent[..200] : agent, now, expires, now, null, account);
        var draft = new AuditDraft(AuditAction.Login, new AuditTarget("session", session.Id.ToString("D")));
        draft.Add("how", proof.How);
        return audit.Change<Session>(new LoginCaller(session, address, requestId, isNew: true), draft, transaction =>
        {
            // Asked where the session is made: a password changed, or an approver signed out, since the proof was given ends it.
            if (!proof.StillHolds(transaction.Sql))
            {
                return Refusal.Unauthenticated("ended_meanwhile");
            }


            SessionRows.Prune(transaction.Sql, account.Id, now - KeptAfterEnd);
            SessionRows.Insert(transaction.Sql, session, digest);
            return session;
        });
    }
}
