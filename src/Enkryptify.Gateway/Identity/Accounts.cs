using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Identity;

internal sealed record Account(Guid Id, string Email, string Name);

/// <summary>People's accounts. Global on the host; what a person may do in a workspace is their membership's part.</summary>
internal sealed class Accounts(Database database, TimeProvider time)
{
    public bool Any() => database.Readers.Read(sql => sql.Any("SELECT 1 FROM user_account LIMIT 1"));

    /// <summary>Makes an account on the host's own authority: from <c>init</c> and the quick start, never from a request.</summary>
    public async Task<Account> CreateLocal(string email, string name, string? passwordHash)
    {
        var account = new Account(Ids.New(time), email.ToLowerInvariant(), name);
        await database.Writer.Change<Done>(transaction =>
        {
            transaction.Sql.Execute(
                "INSERT INTO user_account (id, email, name, password_hash, verified, created_at) VALUES (?1, ?2, ?3, ?4, 1, ?5)",
                account.Id, account.Email, account.Name, passwordHash, time.GetUtcNow());
            transaction.Audit(new Audit.AuditEntry(
                time.GetUtcNow(), Audit.AuditActor.Gateway, null, null, Audit.AuditAction.Create, new Audit.AuditTarget("account", account.Id.ToString("D"), account.Email)));
            return Done.Value;
        });
        return account;
    }

    public async Task SetPassword(Guid id, string passwordHash) => await database.Writer.Change<Done>(transaction =>
    {
        transaction.Sql.Execute("UPDATE user_account SET password_hash = ?2 WHERE id = ?1", id, passwordHash);
        return Done.Value;
    });
}
