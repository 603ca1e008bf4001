namespace Enkryptify.Gateway.Cli;

/// <summary>
/// Where a verb finds the gateway. <paramref name="Guessed"/>: nobody named it, it merely lies in the working directory, which may be anybody's.
/// </summary>
internal sealed record SocketPlace(string Path, bool Guessed = false);

/// <summary>Where the running gateway's admin socket is: flag, then environment, then the quick start's directory, then the packaged place.</summary>
internal static class AdminSocket
{
    public const string FileName = "admin.sock";
    public const string Variable = "ENKRYPTIFY_SOCKET";
    public const string DevelopmentDirectory = ".enkryptify-dev";
    public const string DefaultDirectory = "/var/lib/enkryptify-gateway";

    public static SocketPlace Locate(Surroundings around, string? dataDirectory, string? socket)
    {
        if (socket is not null)
        {
            return new SocketPlace(Path.GetFullPath(socket, around.WorkingDirectory));
        }

        if (dataDirectory is not null)
        {
            return new SocketPlace(Path.Combine(Path.GetFullPath(dataDirectory, around.WorkingDirectory), FileName));
        }

        if (around.Variable(Variable) is { Length: > 0 } named)
        {
            return new SocketPlace(Path.GetFullPath(named, around.WorkingDirectory));
        }

        string development = Path.Combine(around.WorkingDirectory, DevelopmentDirectory, FileName);
        return File.Exists(development) ? new SocketPlace(development, Guessed: true) : new SocketPlace(Path.Combine(DefaultDirectory, FileName));
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
