using System.Runtime.InteropServices;

namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>The signals the tests send, with their Linux numbers.</summary>
internal enum Signal
{
    HangUp = 1,
    Kill = 9,
    Terminate = 15,
}

/// <summary>kill(2), which <see cref="System.Diagnostics.Process"/> does not offer for anything but SIGKILL.</summary>
internal static partial class Signals
{
    public static void Send(int pid, Signal signal)
    {
        if (Kill(pid, (int)signal) != 0)
        {
            throw new InvalidOperationException($"kill({pid}, {signal}) failed with errno {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
