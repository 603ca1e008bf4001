namespace Enkryptify.Gateway.Configuration;

internal enum MasterKeyKind
{
    /// <summary>A file, by absolute path.</summary>
    File,

    /// <summary>A systemd credential, by its name below <c>$CREDENTIALS_DIRECTORY</c>.</summary>
    Credential,

    /// <summary>An environment variable, by name.</summary>
    Environment,
}

/// <summary>Says where the master key is; the key itself is read by Encryption and never passes through the configuration.</summary>
internal sealed record MasterKeyReference(MasterKeyKind Kind, string Value)
{
    public override string ToString() => Kind switch
    {
        MasterKeyKind.File => "file:" + Value,
        MasterKeyKind.Credential => "credential:" + Value,
        _ => "env:" + Value,
    };
}
