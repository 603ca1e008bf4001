using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Credentials;

/// <summary>
/// Tokens that a person's CLI asks for: read only, one environment, 8 hours, listed and revocable like any credential. The value is a JWT at once, so
/// that it works in clients that exchange and in those that do not (contract section 4).
/// </summary>
internal sealed class CliTokens(Jwt jwt, AuditTrail audit, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);

    public Task<Outcome<Sensitive>> Create(LoginCaller caller, string workspace, Guid environmentId)
    {
        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("cli"));
        return audit.Change<Sensitive>(caller, draft, transaction =>
        {
            if (transaction.View(caller, workspace, Act.ManageCredentials, draft).Refused(out var refusal, out var view))
            {
                return refusal;
            }

            if (view.Tree.Environment(environmentId) is not { } environment || !view.Sees(environment))
            {
                return Lookup.NoEnvironment;
            }

            var issued = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
            var (id, scope) = (Ids.New(time), Scope.Of([], [], [environment.Id]));
            transaction.Sql.Execute(
                """
                INSERT INTO credential (id, workspace_id, created_by, type, name, permission, scope, version, created_at, expires_at)
                VALUES (?1, ?2, ?3, 'cli', ?4, 'read', ?5, 1, ?6, ?7)
                """,
                id, view.Tree.Id, caller.User.Id, environment.Name, scope.ToJson(), issued, issued + Lifetime);
            draft.Target = new AuditTarget("cli", id.ToString("D"));
            draft.Add("environment", environment.Name);
            var claims = new TokenClaims(TokenUse.Cli, id, 1, Ids.New(time), issued, issued + Lifetime);
            return new Sensitive(jwt.Sign(claims, (view.Tree.Id, Permission.Read, scope)));
        });
    }
}
