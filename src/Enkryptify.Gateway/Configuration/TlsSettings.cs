namespace Enkryptify.Gateway.Configuration;

/// <summary>Whether a client is asked for a certificate during the handshake.</summary>
internal enum ClientCertificates
{
    /// <summary>Never asked.</summary>
    None,

    /// <summary>Asked; it may have none. One that it has must verify, or there is no connection.</summary>
    Request,

    /// <summary>Without one that verifies there is no connection.</summary>
    Require,
}

/// <summary>What the https listeners serve with.</summary>
/// <param name="CertificateFile">PEM: the server's certificate first, then what leads to its root.</param>
/// <param name="Key">Where its private key is, as PEM.</param>
/// <param name="ClientCaFile">PEM: the only certificates that a client's may lead to; null when none is asked for.</param>
internal sealed record TlsConfig(string CertificateFile, SecretReference Key, ClientCertificates ClientCertificates, string? ClientCaFile);

/// <summary>The keys of <c>[tls]</c>. They are needed with an https URL in <c>server.listen</c>, and say nothing without one.</summary>
internal static class TlsSettings
{
    public static TlsConfig? Read(SettingReader read, bool anyHttps)
    {
        string? certificate = read.Value<string?>("tls.certificate_file", new OptionalText<string>(new FilePath()), null);
        SecretReference? key = read.Value<SecretReference?>("tls.key", new OptionalText<SecretReference>(new SecretSource("key")), null);
        ClientCertificates clients = read.Value("tls.client_certificates", new Choice<ClientCertificates>(
            ("none", ClientCertificates.None), ("request", ClientCertificates.Request), ("require", ClientCertificates.Require)), ClientCertificates.None);
        string? clientCa = read.Value<string?>("tls.client_ca_file", new OptionalText<string>(new FilePath()), null);

        if (!read.IsSound("server.listen"))
        {
            return null;
        }
        if (!anyHttps)
        {
            // Whoever wrote these believes that the gateway speaks TLS.
            foreach ((string name, bool set) in ((string, bool)[])[("tls.certificate_file", certificate is not null), ("tls.key", key is not null),
                ("tls.client_certificates", clients != ClientCertificates.None), ("tls.client_ca_file", clientCa is not null)])
            {
                if (set)
                {
                    read.Reject(name, "says nothing while no URL of server.listen is https");
                }
            }
            return null;
        }
        if (certificate is null && read.IsSound("tls.certificate_file"))
        {
            read.Reject("server.listen", "https needs tls.certificate_file");
        }
        if (key is null && read.IsSound("tls.key"))
        {
            read.Reject("server.listen", "https needs tls.key: file:PATH, credential:NAME or env:NAME");
        }
        if (read.IsSound("tls.client_certificates") && read.IsSound("tls.client_ca_file"))
        {
            if (clients != ClientCertificates.None && clientCa is null)
            {
                read.Reject("tls.client_certificates", "needs tls.client_ca_file beside it: without it nobody's certificate could be told from another's");
            }
            if (clients == ClientCertificates.None && clientCa is not null)
            {
                read.Reject("tls.client_ca_file", "says nothing while tls.client_certificates is none");
            }
        }
        return certificate is null || key is null ? null : new TlsConfig(certificate, key, clients, clientCa);
    }
}
