using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary>A JWK set from a file or standard input. The gateway judges its keys; here it only has to be JSON.</summary>
internal static class JwksSource
{
    private const int Limit = 1 << 20;

    public static async Task<JsonDocument> ReadAsync(Surroundings around, string source, CancellationToken cancel)
    {
        string text = await TextSource.ReadAsync(around, source, Limit, cancel);
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            throw new CommandFailure(ExitCode.Error, "the keys are not JSON", "kubectl get --raw /openid/v1/jwks prints a JWK set");
        }
    }
}
