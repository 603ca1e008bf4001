using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Identity;

/// <param name="Verified">Whether the e-mail is known to be theirs: from a provider's verified claim or by the local operator's word, never from an invitation.</param>
internal sealed record Account(Guid Id, string Email, string Name, bool Verified);

/// <summary>People's accounts. Global on the host; what a person may do in a workspace is their membership's part.</summary>
internal sealed class Accounts(Database database, Passwords passwords, AuditTrail audit, TimeProvider time)
{
    private const string Columns = "SELECT id, email, name, verified FROM user_account";

    public bool Any() => database.Readers.Read(sql => sql.Any("SELECT 1 FROM user_account LIMIT 1"));

    public Account? ById(Guid id) => database.Readers.Read(sql => sql.First(Columns + " WHERE id = ?1", Map, id));

    public static Account? ByEmail(Sql sql, string email) => sql.First(Columns + " WHERE email = ?1", Map, email);

    /// <summary>Who comes through the identity provider as this subject.</summary>
    public static Account? ByIdentity(Sql sql, string issuer, string subject) => sql.First(
        "SELECT u.id, u.email, u.name, u.verified FROM user_identity i JOIN user_account u ON u.id = i.user_id WHERE i.issuer = ?1 AND i.subject = ?2", Map, issuer, subject);

    /// <summary>An e-mail address in its one stored form. Only its shape is judged: nothing is ever mailed.</summary>
    public static string ReadEmail(JsonFields body, string field)
    {
        var email = body.Text(field, 3, 254).Trim().ToLowerInvariant();
        if (!IsEmail(email))
        {
            body.Complain(body.Name(field), "must be an e-mail address");
        }

        return email;
    }

    public static bool IsEmail(string email)
    {
        var at = email.IndexOf('@', StringComparison.Ordinal);
        return email.Length <= 254 && at >= 1 && at == email.LastIndexOf('@') && at < email.Length - 1 && !email.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
    }

    /// <summary>
    /// The stored form of an address that a provider vouches for, or null. ASCII alone: lower case turns some other letters into ASCII ones, and
    /// one address must not become another.
    /// </summary>
    public static string? NormalEmail(string? text) =>
        text is { Length: >= 3 and <= 254 } && System.Text.Ascii.IsValid(text) && IsEmail(text) ? text.ToLowerInvariant() : null;

    /// <summary>The account with its stored password hash; for sign-in alone.</summary>
    public (Account? Account, string? Hash) WithHash(string email) => database.Readers.Read<(Account?, string?)>(sql =>
    {
        var hash = sql.First("SELECT password_hash FROM user_account WHERE email = ?1 AND password_hash IS NOT NULL", row => row.GetString(0), email);
        return (ByEmail(sql, email), hash);
    });

    public static Account Insert(Sql sql, TimeProvider time, string email, string name, string? passwordHash, bool verified)
    {
        var account = new Account(Ids.New(time), email, name, verified);
        sql.Execute(
            "INSERT INTO user_account (id, email, name, password_hash, verified, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            account.Id, account.Email, account.Name, passwordHash, verified, time.GetUtcNow());
        return account;
    }

    /// <summary>Makes an account on the host's own authority: from <c>init</c> and the quick start, never from a request.</summary>
    public async Task<Account> CreateLocal(string email, string name, Sensitive? password)
    {
        var hash = password is { } text ? passwords.Hash(text) : null;
        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("account", null, email));
        var made = await audit.Change<Account>(new OperatorCaller(0, ""), draft, transaction =>
            Insert(transaction.Sql, time, email.Trim().ToLowerInvariant(), name, hash, verified: true));
        return made.Value;
    }

    /// <summary>A person changes their own password; all their other sessions end.</summary>
    public async Task<Outcome<Done>> ChangePassword(LoginCaller caller, Sessions sessions, Sensitive current, Sensitive next)
    {
        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("account", caller.User.Id.ToString("D"), caller.User.Email));
        draft.Add("fields", "password");
        var (_, stored) = WithHash(caller.User.Email);
        var matches = passwords.Verify(stored, current);
        var hash = matches == true ? passwords.TryHash(next) : null;
        return await audit.Change<Done>(caller, draft, transaction =>
        {
            if (matches == false)
            {
                return Refusal.Forbidden("current: is not your password");
            }

            if (hash is null)
            {
                return Refusal.RateLimited();
            }

            transaction.Sql.Execute("UPDATE user_account SET password_hash = ?2 WHERE id = ?1", caller.User.Id, hash);
            sessions.EndAll(transaction, caller.User.Id, but: caller.Session.Id);
            return Done.Value;
        });
    }

    /// <summary>A person changes how they are called.</summary>
    public Task<Outcome<Done>> Rename(LoginCaller caller, Sessions sessions, string name)
    {
        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("account", caller.User.Id.ToString("D"), caller.User.Email));
        draft.Add("fields", "name");
        return audit.Change<Done>(caller, draft, transaction =>
        {
            transaction.Sql.Execute("UPDATE user_account SET name = ?2 WHERE id = ?1", caller.User.Id, name);
            sessions.AccountChanged(transaction, caller.User.Id);
            return Done.Value;
        });
    }

    /// <summary>Break-glass on the host: the local operator sets a password, confirms the e-mail, and ends all sessions.</summary>
    public Task<Outcome<Done>> ResetPassword(Caller caller, Sessions sessions, string email, Sensitive next)
    {
        var draft = new AuditDraft(AuditAction.Update, new AuditTarget("account"));
        draft.Add("fields", "password");
        var hash = caller is OperatorCaller ? passwords.Hash(next) : "";
        return audit.Change<Done>(caller, draft, transaction =>
        {
            if (caller is not OperatorCaller)
            {
                return Refusal.Forbidden();
            }

            if (ByEmail(transaction.Sql, email) is not { } account)
            {
                return Refusal.NotFound("Account");
            }

            draft.Target = new AuditTarget("account", account.Id.ToString("D"), email);
            transaction.Sql.Execute("UPDATE user_account SET password_hash = ?2, verified = 1 WHERE id = ?1", account.Id, hash);
            sessions.EndAll(transaction, account.Id, but: null);
            return Done.Value;
        });
    }

    /// <summary>
    /// After a sign-in: brings a hash made at an older cost to today's, or leaves that to the next sign-in when all places are taken. Losing it
    /// with the power costs nothing. Gives the hash that is stored now.
    /// </summary>
    public async Task<string> Rehash(Account account, string stored, Sensitive password)
    {
        if (passwords.TryHash(password) is not { } hash)
        {
            return stored;
        }

        return (await database.Writer.Relaxed<string>(transaction =>
            transaction.Sql.Execute("UPDATE user_account SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2", account.Id, stored, hash) == 1 ? hash : stored)).Value;
    }

    private static Account Map(Row row) => new(row.Id(0), row.GetString(1), row.GetString(2), row.Truth(3));
}
