using System.Text;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Secrets;

/// <summary>The text of an import, as it was pasted or uploaded, and what it says.</summary>
internal sealed record ImportText(string Text, IReadOnlyList<DotEnvEntry> Entries, IReadOnlyList<DotEnvError> Errors)
{
    public const int MaxBytes = 1 << 20;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Without the text: it is made of secrets.</summary>
    public override string ToString() => $"{Entries.Count} entries, {Errors.Count} errors";

    /// <summary>What the form brought: the file, if one was chosen, else the text. Null after a complaint.</summary>
    public static ImportText? Read(FormFields form)
    {
        var text = form.Lines("text");
        if (form.File("file") is { Length: > 0 } file)
        {
            if (file.Length > MaxBytes)
            {
                form.Complain("file", "is larger than 1 MiB");
                return null;
            }

            try
            {
                using var stream = file.OpenReadStream();
                var bytes = new byte[file.Length];
                stream.ReadExactly(bytes);
                text = Strict.GetString(bytes);
            }
            catch (DecoderFallbackException)
            {
                form.Complain("file", "is not text in UTF-8");
                return null;
            }
        }

        if (Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            form.Complain("text", "is larger than 1 MiB");
            return null;
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            form.Complain("text", "Paste the lines of a .env file here, or choose a file");
            return null;
        }

        return Of(text);
    }

    public static ImportText Of(string text)
    {
        var file = DotEnv.Parse(text);
        var errors = file.Errors.ToList();
        foreach (var entry in file.Entries)
        {
            if (!Names.IsSecretName(entry.Name))
            {
                errors.Add(new DotEnvError(entry.Line, "a name " + Names.SecretNameRule));
            }
            else if (SecretFields.ValueProblem(entry.Value) is { } problem)
            {
                errors.Add(new DotEnvError(entry.Line, "the value " + problem));
            }
        }

        if (file.Entries.Count > CreateSecrets.MaxValues)
        {
            errors.Add(new DotEnvError(file.Entries[CreateSecrets.MaxValues].Line, $"more than {CreateSecrets.MaxValues} entries at once"));
        }

        // A text area turns a lone carriage return into a line end; our own spelling has none.
        var kept = errors.Count == 0 && text.Replace("\r\n", "\n", StringComparison.Ordinal).Contains('\r')
            ? DotEnv.Write(file.Entries.Select(entry => KeyValuePair.Create(entry.Name, entry.Value)))
            : text;
        return new ImportText(kept, file.Entries, [.. errors.OrderBy(error => error.Line)]);
    }
}
