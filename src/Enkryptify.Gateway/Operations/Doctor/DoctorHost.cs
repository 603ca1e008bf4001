using System.Runtime.InteropServices;

namespace Enkryptify.Gateway.Operations.Doctor;

/// <summary>What the doctor asks of the machine. Tests ask another one.</summary>
/// <param name="Disk">Free and total bytes where a directory is.</param>
/// <param name="ClockIsSynchronised">Null when the machine does not say.</param>
internal sealed partial record DoctorHost(TimeProvider Clock, Func<string, (long Free, long Total)> Disk, Func<bool?> ClockIsSynchronised)
{
    public static DoctorHost OfThisMachine(TimeProvider clock) => new(clock, DiskOf, AskKernel);

    private static (long Free, long Total) DiskOf(string directory)
    {
        var drive = new DriveInfo(directory);
        return (drive.AvailableFreeSpace, drive.TotalSize);
    }

    /// <summary>adjtimex(2) with nothing to set: it answers 5 (TIME_ERROR) while no time service disciplines the clock.</summary>
    private static bool? AskKernel()
    {
        // struct timex has 208 bytes where long has 64 bits; modes = 0 only reads.
        Span<byte> timex = stackalloc byte[256];
        timex.Clear();
        return AdjustTime(ref MemoryMarshal.GetReference(timex)) is var state && state < 0 ? null : state != 5;
    }

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    private static partial int AdjustTime(ref byte timex);
}
