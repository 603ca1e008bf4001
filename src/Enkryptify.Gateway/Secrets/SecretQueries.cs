using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Secrets;

/// <summary>Reads the query of a secret route. The environment filter has two spellings, which must agree when both are given.</summary>
internal static class SecretQueries
{
    public static Outcome<SecretQuery> Read(Call call)
    {
        if (Environment(call).Refused(out var refusal, out var environment) || call.Flag("resolve").Refused(out refusal, out var resolve))
        {
            return refusal;
        }

        return new SecretQuery(call.Segment("ws"), call.Segment("prj"), environment, resolve);
    }

    public static Outcome<string?> Environment(Call call)
    {
        if (call.Query("environmentId").Refused(out var refusal, out var camel) || call.Query("environment_id").Refused(out refusal, out var snake))
        {
            return refusal;
        }

        return camel is not null && snake is not null && camel != snake
            ? Refusal.Invalid("environmentId", "differs from environment_id")
            : (camel ?? snake) is not "" and var one ? one : Refusal.Invalid("environmentId", "must contain at least 1 character");
    }
}
