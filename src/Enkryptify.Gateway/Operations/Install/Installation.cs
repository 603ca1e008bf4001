using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Operations.Install;

/// <summary>Where an installation's files are, below a root that is <c>/</c> but for a test root.</summary>
internal sealed record Installation(string Root)
{
    public const string Name = "enkryptify-gateway";

    public string Executable => At("/usr/local/bin/" + Name);

    public string Unit => At($"/etc/systemd/system/{Name}.service");

    /// <summary>Where systemd-creds is missing, this tells the unit to take the key as it lies.</summary>
    public string PlainKeyDropIn => At($"/etc/systemd/system/{Name}.service.d/master-key.conf");

    public string Users => At($"/etc/sysusers.d/{Name}.conf");

    public string Configuration => At($"/etc/{Name}/enkryptify.toml");

    /// <summary>Sealed by systemd-creds to this host.</summary>
    public string SealedKey => At($"/etc/{Name}/master.key.cred");

    public string PlainKey => At($"/etc/{Name}/master.key");

    public string Data => At($"/var/lib/{Name}");

    public bool IsHost => Root == "/";

    public bool HasKey => File.Exists(SealedKey) || File.Exists(PlainKey);

    /// <summary>A file that lies in the executable itself: an installation needs nothing beside it.</summary>
    public static string Packaged(string name)
    {
        using var stream = typeof(Installation).Assembly.GetManifestResourceStream("packaging/" + name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The example, with the master key where the unit puts it.</summary>
    public static string FirstConfiguration() => Packaged("enkryptify.toml.example").Replace(
        $"master_key = \"{new SecretReference(SecretReferenceKind.File, "/etc/enkryptify-gateway/master.key")}\"", "master_key = \"credential:master.key\"", StringComparison.Ordinal);

    public static string UnitText() => Packaged(Name + ".service").Replace("ExecStart=/usr/bin/", "ExecStart=/usr/local/bin/", StringComparison.Ordinal);

    private string At(string path) => Root == "/" ? path : Path.Combine(Root, path.TrimStart('/'));
}
