using System.Globalization;

namespace Enkryptify.Gateway.Cli;

/// <summary>How far something has come, on standard error: a bar that is drawn over on a terminal, else a line for each phase.</summary>
internal sealed class ProgressLine(Surroundings around) : IDisposable
{
    private const int Width = 30;
    private string phase = "";
    private int drawn;

    public void Show(string phase, long done, long total)
    {
        if (phase.Length == 0)
        {
            return;
        }

        if (!around.ErrorIsTerminal)
        {
            if (phase != this.phase)
            {
                around.Error.WriteLine(phase);
            }

            this.phase = phase;
            return;
        }

        var share = total <= 0 ? 0 : Math.Clamp((double)done / total, 0, 1);
        var bar = new string('#', (int)(share * Width)).PadRight(Width, '.');
        var line = total <= 0 ? phase : string.Create(CultureInfo.InvariantCulture, $"[{bar}] {share * 100,3:0} % {phase}");
        if (line != this.phase)
        {
            around.Error.Write("\r" + line.PadRight(drawn));
            (this.phase, drawn) = (line, line.Length);
        }
    }

    /// <summary>Leaves the terminal's line as if nothing had been drawn.</summary>
    public void Dispose()
    {
        if (drawn > 0)
        {
            around.Error.Write("\r" + new string(' ', drawn) + "\r");
        }
    }
}
