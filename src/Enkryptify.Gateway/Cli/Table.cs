using System.Text;

namespace Enkryptify.Gateway.Cli;

/// <summary>Rows in aligned columns for people. Every cell is made printable; scripts use <c>--json</c>.</summary>
internal sealed class Table(params string[] headers)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string?[] cells)
    {
        if (cells.Length != headers.Length)
        {
            throw new ArgumentException($"{cells.Length} cells for {headers.Length} columns");
        }

        _rows.Add([.. cells.Select(cell => Printable.Of(cell ?? ""))]);
    }

    /// <summary>The table on standard output; where there is no row, <paramref name="whenEmpty"/> on standard error and nothing on output.</summary>
    public void Write(Surroundings around, string whenEmpty)
    {
        if (_rows.Count == 0)
        {
            around.Error.WriteLine(whenEmpty);
            return;
        }

        int[] widths = [.. headers.Select((header, column) => Math.Max(header.Length, _rows.Max(row => row[column].Length)))];
        StringBuilder text = new();
        foreach (string[] row in _rows.Prepend(headers))
        {
            text.AppendLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }

        around.Output.Write(text.ToString());
    }
}
