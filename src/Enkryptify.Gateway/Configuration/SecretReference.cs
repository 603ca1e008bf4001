namespace Enkryptify.Gateway.Configuration;

internal enum SecretReferenceKind
{
    /// <summary>A file, by absolute path.</summary>
    File,

    /// <summary>A systemd credential, by its name below <c>$CREDENTIALS_DIRECTORY</c>.</summary>
    Credential,

    /// <summary>An environment variable, by name.</summary>
    Environment,
}

/// <summary>Says where a secret of the gateway's own is (the master key, a client secret); it never passes through the configuration itself.</summary>
internal sealed record SecretReference(SecretReferenceKind Kind, string Value)
{
    public override string ToString() => Kind switch
    {
        SecretReferenceKind.File => "file:" + Value,
        SecretReferenceKind.Credential => "credential:" + Value,
        _ => "env:" + Value,
    };
}
