using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Identity.Sso;

/// <summary>
/// Every way in which a sign-in through the provider can fail. The code stands in the audit log and is stable (docs/sso.md); the message is what
/// the person reads, and holds nothing that a request or the provider said.
/// </summary>
internal static class SsoRefusal
{
    public static readonly Refusal Busy = Of(RefusalKind.RateLimited, "sso_busy", "Too many sign-ins are under way. Try again in a few minutes.");

    public static readonly Refusal Unreachable = Of(
        RefusalKind.Unavailable, "sso_unreachable",
        "The identity provider cannot be reached, or does not answer as it should. Try again later. Accounts with a password of their own can still sign in.");

    public static readonly Refusal State = Of(
        RefusalKind.Invalid, "sso_state", "This sign-in was not started in this browser, took too long, or was already used. Start again.");

    public static readonly Refusal Denied = Of(RefusalKind.Forbidden, "sso_denied", "The identity provider did not sign you in.");

    public static readonly Refusal Code = Of(RefusalKind.Forbidden, "sso_code", "The identity provider did not confirm this sign-in. Start again.");

    /// <summary>The answer, or its token, comes from another issuer than the one that was asked (RFC 9207).</summary>
    public static readonly Refusal Issuer = Token("sso_issuer");

    public static readonly Refusal BadToken = Token("sso_token");

    public static readonly Refusal Algorithm = Token("sso_algorithm");

    public static readonly Refusal UnknownKey = Token("sso_unknown_key");

    public static readonly Refusal Signature = Token("sso_signature");

    public static readonly Refusal Audience = Token("sso_audience");

    public static readonly Refusal Expired = Token("sso_expired");

    public static readonly Refusal Nonce = Token("sso_nonce");

    public static readonly Refusal NoEmail = Of(RefusalKind.Forbidden, "sso_email_missing", "The identity provider did not say what your e-mail address is.");

    public static readonly Refusal EmailUnverified = Of(
        RefusalKind.Forbidden, "sso_email_unverified", "The identity provider has not verified your e-mail address.");

    public static readonly Refusal NotAllowed = Of(RefusalKind.Forbidden, "sso_not_allowed", "Your e-mail address is not among those that are let in. Ask the operator.");

    public static readonly Refusal AccountExists = Of(
        RefusalKind.Conflict, "sso_account_exists",
        "There is an account with your e-mail address already. Sign in to it with its password, then link it to the identity provider.");

    public static readonly Refusal NoWorkspace = Of(
        RefusalKind.Conflict, "sso_workspace_missing", "The workspace that new accounts are to join does not exist. Ask the operator.");

    public static readonly Refusal SignInFirst = Of(RefusalKind.Unauthenticated, "sso_link_signed_out", "Sign in first, then link your account.");

    public static readonly Refusal LinkedElsewhere = Of(
        RefusalKind.Conflict, "sso_linked_elsewhere", "This sign-in of the identity provider belongs to another account here.");

    private static Refusal Of(RefusalKind kind, string code, string message) => new(kind, code, message);

    /// <summary>What is wrong with a token is for the operator; to the person it is one and the same.</summary>
    private static Refusal Token(string code) => Of(RefusalKind.Forbidden, code, "The identity provider's answer cannot be trusted. Start again; if it stays so, ask the operator.");
}
