using System.Text;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>Looks for a text wherever a gateway leaves something: as it is, in base64, in hexadecimal, as UTF-16, percent-encoded.</summary>
internal sealed class Traces(params (string Name, string Text)[] wanted)
{
    private readonly List<(string Name, byte[] Form)> forms = [.. wanted.SelectMany(one => Forms(one.Text).Select(form => ($"{one.Name} {form.Name}", form.Bytes)))];

    /// <summary>What of the wanted texts is in these bytes.</summary>
    public IEnumerable<string> In(ReadOnlySpan<byte> bytes)
    {
        var found = new List<string>();
        foreach (var (name, form) in forms)
        {
            if (bytes.IndexOf(form) >= 0)
            {
                found.Add(name);
            }
        }

        return found;
    }

    public IEnumerable<string> In(string text) => In(Encoding.UTF8.GetBytes(text));

    public IEnumerable<string> In(Answer answer) => In(answer.Body + string.Concat(answer.Headers.Select(header => $"\n{header.Key}: {header.Value}")));

    /// <summary>
    /// Every file of the data directory, byte for byte; and every cell of every table, since a long one is scattered over pages. Of a running gateway
    /// the lock, which holds its process's number, cannot be opened, and the socket is none.
    /// </summary>
    public IEnumerable<string> InData(TestGateway gateway, bool running)
    {
        foreach (var path in Directory.GetFiles(gateway.DataDirectory, "*", SearchOption.AllDirectories))
        {
            if (running && Path.GetFileName(path) is "gateway.lock" or "admin.sock")
            {
                continue;
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[file.Length];
            file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            foreach (var trace in In(bytes))
            {
                yield return $"{Path.GetFileName(path)}: {trace}";
            }
        }

        using var sql = Database.OpenReader(Path.Combine(gateway.DataDirectory, Database.FileName));
        foreach (var table in sql.Query("SELECT name FROM sqlite_schema WHERE type = 'table'", row => row.GetString(0)))
        {
            var cells = sql.Query($"SELECT * FROM {table}", row => Enumerable.Range(0, row.FieldCount).Select(column => (
                Column: row.GetName(column), Bytes: row.GetValue(column) is byte[] blob ? blob : Encoding.UTF8.GetBytes(row.GetValue(column).ToString()!))).ToList());
            foreach (var (column, bytes) in cells.SelectMany(row => row))
            {
                foreach (var trace in In(bytes))
                {
                    yield return $"{table}.{column}: {trace}";
                }
            }
        }
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Forms(string text)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        yield return ("as it is", plain);
        yield return ("as UTF-16", Encoding.Unicode.GetBytes(text));
        yield return ("in hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(plain)));
        yield return ("in hexadecimal, upper case", Encoding.ASCII.GetBytes(Convert.ToHexString(plain)));
        yield return ("percent-encoded", Encoding.ASCII.GetBytes(Uri.EscapeDataString(text)));
        for (var before = 0; before < 3; before++)
        {
            // Within a longer text the encoding depends on what stands before it: the characters in the middle are the same for each remainder of three.
            var encoded = Convert.ToBase64String([.. new byte[before], .. plain]);
            var middle = encoded[(before == 0 ? 0 : 4)..(encoded.Length / 4 * 4 - 4)];
            yield return ($"in base64, {before} before", Encoding.ASCII.GetBytes(middle));
            yield return ($"in base64url, {before} before", Encoding.ASCII.GetBytes(middle.Replace('+', '-').Replace('/', '_')));
        }
    }
}
