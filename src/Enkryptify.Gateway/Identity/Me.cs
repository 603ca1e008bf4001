using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Identity;

/// <summary>GET /v1/me; PUT /v1/me/password; GET /v1/me/sessions; DELETE /v1/me/sessions/{id}.</summary>
internal sealed class Me(Accounts accounts, Sessions sessions, OwnPassword own, AuditTrail audit)
{
    public void Map(RouteTable routes)
    {
        routes.Get("/v1/me", RouteAccess.Proven, Get);
        routes.Put("/v1/me/password", RouteAccess.SignedIn, PutPassword);
        routes.Get("/v1/me/sessions", RouteAccess.SignedIn, ListSessions);
        routes.Delete("/v1/me/sessions/{id}", RouteAccess.SignedIn, DeleteSession);
    }

    /// <summary>For a credential: its creator, and the credential. The local operator is nobody's account.</summary>
    private async ValueTask<Reply> Get(Call call)
    {
        await audit.Record(call.Caller, new AuditDraft(AuditAction.View, new AuditTarget("account")));
        return Reply.Ok(Body(call), IdentityJson.Default.MeBody);
    }

    private MeBody Body(Call call) =>
        call.Caller switch
        {
            LoginCaller login => MeBody.Of(login.User, null),
            CredentialCaller machine => MeBody.Of(
                accounts.ById(machine.Credential.CreatedBy)!, new MeCredentialBody(machine.Credential.Id, machine.Credential.Name, machine.Credential.Type.Wire())),
            _ => new MeBody(null, null, call.Caller.Actor.Name!, true, null),
        };

    private async ValueTask<Reply> PutPassword(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var current = new Encryption.Sensitive(body.Text("current", 1, Passwords.MaxLength));
        var next = Passwords.Read(body, "new");
        if (body.Problem is { } problem)
        {
            return Reply.Refused(problem);
        }

        var (outcome, wait) = await own.Change(call.Person, current, next);
        return outcome.Refused(out var refusal, out _) ? Login.Refused(call, refusal, wait) : Reply.Success();
    }

    private async ValueTask<Reply> ListSessions(Call call) => Reply.Of(
        await sessions.List(call.Person),
        list => Reply.Ok([.. list.Select(session => SessionBody.Of(session, call.Person.Session.Id))], IdentityJson.Default.IReadOnlyListSessionBody));

    private async ValueTask<Reply> DeleteSession(Call call)
    {
        return Ids.TryParse(call.Segment("id"), out var id)
            ? Reply.Of(await sessions.End(call.Person, id), _ => Reply.Success())
            : Reply.Refused(Refusal.NotFound("Session"));
    }
}

internal sealed record MeBody(Guid? Id, string? Email, string Name, bool Verified, MeCredentialBody? Credential)
{
    public static MeBody Of(Account account, MeCredentialBody? credential) => new(account.Id, account.Email, account.Name, account.Verified, credential);
}

internal sealed record MeCredentialBody(Guid Id, string Name, string Type);

internal sealed record SessionBody(Guid Id, string Kind, string? Address, string? Agent, DateTime CreatedAt, DateTime LastSeenAt, DateTime ExpiresAt, bool IsCurrent)
{
    public static SessionBody Of(Session session, Guid current) => new(
        session.Id, session.Kind == SessionKind.Login ? "login" : "dashboard", session.Address, session.Agent, session.CreatedAt.UtcDateTime,
        session.LastSeenAt.UtcDateTime, session.ExpiresAt.UtcDateTime, session.Id == current);
}
