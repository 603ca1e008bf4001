using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Identity;

/// <summary>
/// How a person proved who they are, kept until the session is made of it: between the two, the password may change and the approver may sign
/// out, and then there must be no session.
/// </summary>
/// <param name="How">For the audit log.</param>
/// <param name="StillHolds">Asked within the transaction that makes the session.</param>
internal sealed record SignInProof(Account Account, string How, Func<Sql, bool> StillHolds)
{
    public static SignInProof Password(Account account, string provenHash) => new(
        account, "password", sql => sql.Any("SELECT 1 FROM user_account WHERE id = ?1 AND password_hash = ?2", account.Id, provenHash));

    /// <summary>A device that a signed-in person approved; their own session must still be open.</summary>
    public static SignInProof Device(Session approver) => new(
        approver.User, "device", sql => sql.Any("SELECT 1 FROM session WHERE id = ?1 AND ended_at IS NULL", approver.Id));

    /// <summary>The identity provider's word; the identity must still be this account's.</summary>
    public static SignInProof Identity(Account account, string issuer, string subject) => new(
        account, "sso", sql => sql.Any("SELECT 1 FROM user_identity WHERE issuer = ?1 AND subject = ?2 AND user_id = ?3", issuer, subject, account.Id));
}
