using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Secrets;

/// <summary>POST /v1/workspace/{ws}/project/{prj}/secret: every secret into every environment listed, all or nothing.</summary>
internal sealed class CreateSecrets(Vault vault)
{
    public const int MaxEnvironments = 100;

    /// <summary>Secrets times environments of one request.</summary>
    public const int MaxValues = 10_000;

    public void Map(RouteTable routes) => routes.Post("/v1/workspace/{ws}/project/{prj}/secret", RouteAccess.Proven, Handle);

    private async ValueTask<Reply> Handle(Call call)
    {
        if ((await call.Body()).Refused(out var malformed, out var body))
        {
            return Reply.Refused(malformed);
        }

        var environments = body.Texts("environments", MaxEnvironments);
        var entries = body.Objects("secrets", MaxValues);
        if (environments.Count == 0)
        {
            body.Complain("environments", "must contain at least 1 entry");
        }

        if (entries.Count == 0)
        {
            body.Complain("secrets", "must contain at least 1 entry");
        }
        else if (entries.Count * environments.Count > MaxValues)
        {
            body.Complain("secrets", $"times environments must be at most {MaxValues} values");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var secrets = new List<NewSecret>(entries.Count);
        foreach (var entry in entries)
        {
            var secret = new NewSecret(
                SecretFields.Name(entry, "key"), SecretFields.Value(entry), SecretFields.Kind(entry, "type") ?? NewSecret.DefaultType,
                SecretFields.Kind(entry, "dataType") ?? NewSecret.DefaultDataType, SecretFields.Note(entry) ?? "");
            if (!names.Add(secret.Name))
            {
                body.Complain(entry.Name("key"), "is given more than once");
            }

            secrets.Add(secret);
        }

        return body.Problem is { } problem
            ? Reply.Refused(problem)
            : Reply.Of(await vault.Create(call.Caller, call.Segment("ws"), call.Segment("prj"), environments, secrets), _ => Reply.Success(201));
    }
}
