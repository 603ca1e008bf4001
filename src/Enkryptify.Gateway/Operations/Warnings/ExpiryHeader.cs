using System.Globalization;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;

namespace Enkryptify.Gateway.Operations.Warnings;

/// <summary>
/// Tells a workload, at its exchange, that its credential is about to end: <c>Enkryptify-Credential-Expires-At</c> with the time. It is the same for every
/// client, so that one that logs unknown headers needs no change to make somebody look.
/// </summary>
internal sealed class ExpiryHeader(WarningsConfig config, TimeProvider time)
{
    public const string Name = "Enkryptify-Credential-Expires-At";

    public void Show(HttpResponse response, Credential credential)
    {
        if (ExpiringCredentials.IsDue(credential, config.CredentialExpiry, time.GetUtcNow()))
        {
            response.Headers[Name] = credential.ExpiresAt!.Value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        }
    }
}
