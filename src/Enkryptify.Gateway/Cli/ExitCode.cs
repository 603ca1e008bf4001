namespace Enkryptify.Gateway.Cli;

/// <summary>What the process says to its caller. Stable: scripts branch on these.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Error = 1;
    public const int Usage = 2;
    public const int NotFound = 3;
    public const int Denied = 4;
    public const int Unreachable = 5;

    /// <summary>EX_CONFIG of sysexits.h, which systemd's <c>RestartPreventExitStatus=</c> commonly names.</summary>
    public const int BadConfiguration = 78;
}
