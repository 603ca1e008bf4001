namespace Enkryptify.Gateway.Cli;

/// <summary>Where the running gateway's admin socket is: flag, then environment, then the quick start's directory, then the packaged place.</summary>
internal static class AdminSocket
{
    public const string FileName = "admin.sock";
    public const string Variable = "ENKRYPTIFY_SOCKET";
    public const string DevelopmentDirectory = ".enkryptify-dev";
    public const string DefaultDirectory = "/var/lib/enkryptify-gateway";

    public static string Locate(Surroundings around, string? dataDirectory, string? socket)
    {
        if (socket is not null)
        {
            return Path.GetFullPath(socket, around.WorkingDirectory);
        }

        if (dataDirectory is not null)
        {
            return Path.Combine(Path.GetFullPath(dataDirectory, around.WorkingDirectory), FileName);
        }

        if (around.Variable(Variable) is { Length: > 0 } named)
        {
            return Path.GetFullPath(named, around.WorkingDirectory);
        }

        string development = Path.Combine(around.WorkingDirectory, DevelopmentDirectory, FileName);
        return File.Exists(development) ? development : Path.Combine(DefaultDirectory, FileName);
    }

    /// <summary>The data directory itself, for verbs that read files whether or not a gateway runs.</summary>
    public static string DataDirectory(Surroundings around, string? directory)
    {
        if (directory is not null)
        {
            return Path.GetFullPath(directory, around.WorkingDirectory);
        }

        string development = Path.Combine(around.WorkingDirectory, DevelopmentDirectory);
        return Directory.Exists(development) ? development : DefaultDirectory;
    }
}
