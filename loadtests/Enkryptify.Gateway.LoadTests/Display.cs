using System.Globalization;

namespace Enkryptify.Gateway.LoadTests;

/// <summary>Progress on standard error: a line that is rewritten on a terminal, and left out elsewhere; each phase's figures stay.</summary>
internal sealed class Display(TextWriter error, bool terminal)
{
    private long lastSeed;

    public Action<TimeSpan, long>? Progress(string name, string model, TimeSpan during) => terminal
        ? (elapsed, answered) => error.Write($"\r\e[K{name} ({model}) {elapsed.TotalSeconds:0} of {during.TotalSeconds:0} s, {answered:N0} answers")
        : null;

    public void Seeding(string what, int done, int all)
    {
        var now = Environment.TickCount64;
        if (done == all || (terminal && now - Interlocked.Read(ref lastSeed) > 250))
        {
            Interlocked.Exchange(ref lastSeed, now);
            Clear();
            error.Write(string.Create(CultureInfo.InvariantCulture, $"{what}: {done:N0} of {all:N0}{(done == all ? "\n" : "")}"));
        }
    }

    public void Say(string text)
    {
        Clear();
        error.WriteLine(text);
    }

    public void Done(Phase phase)
    {
        Clear();
        error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{phase.Server,-22} {phase.Scenario,-20} {phase.Model,-6} {phase.Load.Rate,9:N0}/s  p50 {phase.Load.Percentile(50),8:N0} µs  p99 {phase.Load.Percentile(99),8:N0} µs  p99.9 {phase.Load.Percentile(99.9),8:N0} µs  cpu {phase.CpuMicroseconds,6:N1} µs  busy {phase.Busy,4:P0}  {phase.ResidentMiB,6:N1} MiB  errors {phase.Errors}"));
    }

    private void Clear()
    {
        if (terminal)
        {
            error.Write("\r\e[K");
        }
    }
}
