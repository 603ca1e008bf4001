using System.Text;

namespace Enkryptify.Gateway.Cli;

/// <summary>Text from a file or, for <c>-</c>, from standard input: bounded, and UTF-8 or refused.</summary>
internal static class TextSource
{
    public const string StandardInput = "-";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="around">Where standard input and the working directory are.</param>
    /// <param name="source">A path, or <c>-</c>.</param>
    /// <param name="limit">The most bytes to take; more is a failure, so that a wrong file does not fill the memory.</param>
    /// <param name="cancel">Ends the reading.</param>
    public static async Task<string> ReadAsync(Surroundings around, string source, int limit, CancellationToken cancel)
    {
        string shown = source == StandardInput ? "standard input" : source;
        try
        {
            if (source == StandardInput)
            {
                if (around.InputIsTerminal)
                {
                    around.Error.WriteLine("Reading from the terminal; end with Ctrl-D on a line of its own.");
                }

                return Decode(await ReadAsync(around.Input, shown, limit, cancel), shown);
            }

            await using FileStream file = File.OpenRead(Path.GetFullPath(source, around.WorkingDirectory));
            return Decode(await ReadAsync(file, shown, limit, cancel), shown);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandFailure(ExitCode.Error, $"there is no file {shown}");
        }
        catch (UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCode.Error, $"no permission to read {shown}, or it is a directory");
        }
        catch (IOException e)
        {
            throw new CommandFailure(ExitCode.Error, $"cannot read {shown}: {e.Message}");
        }
    }

    private static async Task<MemoryStream> ReadAsync(Stream from, string shown, int limit, CancellationToken cancel)
    {
        MemoryStream bytes = new();
        byte[] chunk = new byte[64 * 1024];
        for (int read; (read = await from.ReadAsync(chunk, cancel)) > 0;)
        {
            bytes.Write(chunk, 0, read);
            if (bytes.Length > limit)
            {
                throw new CommandFailure(ExitCode.Error, $"{shown} is larger than {limit / 1024} KiB");
            }
        }

        return bytes;
    }

    private static string Decode(MemoryStream bytes, string shown)
    {
        try
        {
            return Strict.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        }
        catch (DecoderFallbackException)
        {
            throw new CommandFailure(ExitCode.Error, $"{shown} is not UTF-8 text", "encode what is binary, for example with base64");
        }
    }
}
