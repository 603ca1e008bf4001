using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Encryption;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Enkryptify.Gateway.Http;

/// <summary>
/// The fields of a form and what is wrong with them. The same object is shown again when something is: with what was typed, each complaint beside
/// its field. A page that is opened for the first time has one too, with what the fields begin with.
/// </summary>
internal sealed class FormFields
{
    private readonly Dictionary<string, StringValues> fields;
    private readonly Dictionary<string, string> problems = new(StringComparer.Ordinal);
    private readonly IFormFileCollection? files;

    private FormFields(Dictionary<string, StringValues> fields, IFormFileCollection? files) => (this.fields, this.files) = (fields, files);

    /// <summary>What concerns no single field.</summary>
    public string? Problem { get; private set; }

    public bool HasProblems => Problem is not null || problems.Count > 0;

    /// <summary>Whether this is a form that somebody sent, and not one shown for the first time.</summary>
    public bool WasSent { get; private init; }

    public static FormFields Empty() => new([], null);

    /// <summary>A form as it is first shown.</summary>
    public static FormFields With(params IEnumerable<(string Name, StringValues Values)> values) =>
        new(values.ToDictionary(value => value.Name, value => value.Values, StringComparer.Ordinal), null);

    public static FormFields Sent(IFormCollection form) => new(form.ToDictionary(field => field.Key, field => field.Value, StringComparer.Ordinal), form.Files) { WasSent = true };

    /// <summary>A field's text as it was sent, or nothing. Never null: a missing field is an empty one.</summary>
    public string this[string name] => fields.TryGetValue(name, out var value) && value.Count > 0 ? value[0] ?? "" : "";

    /// <summary>Text of one line, trimmed.</summary>
    public string Line(string name) => this[name].Trim();

    /// <summary>
    /// A text area's text: browsers send its line ends as CR LF, whatever was typed or pasted. Nothing else is a line end here (form feed, U+2028 …):
    /// a secret's value keeps its characters.
    /// </summary>
    public string Lines(string name) => this[name].Replace("\r\n", "\n", StringComparison.Ordinal);

    public Sensitive Secret(string name) => new(this[name]);

    /// <summary>All values of a field that stands several times, such as boxes that were ticked.</summary>
    public IReadOnlyList<string> All(string name) => fields.TryGetValue(name, out var value) ? [.. value.OfType<string>()] : [];

    public bool Has(string name) => fields.ContainsKey(name);

    public bool Ticked(string name) => Has(name);

    /// <summary>Whether this is one of the values of a field: for boxes and options that are to be shown as they were sent.</summary>
    public bool Holds(string name, string value) => fields.TryGetValue(name, out var values) && values.Contains(value);

    /// <summary>Puts the text of a file that was sent where the page can show it again: a browser keeps no file.</summary>
    public void Put(string name, string text) => fields[name] = text;

    public IFormFile? File(string name) => files?.GetFile(name);

    public string? ProblemOf(string name) => problems.GetValueOrDefault(name);

    /// <summary>The first complaint about a field stays.</summary>
    /// <param name="problem">Null is none, so that a rule's answer can be given as it is.</param>
    public void Complain(string name, string? problem)
    {
        if (problem is not null)
        {
            problems.TryAdd(name, Sentence(problem));
        }
    }

    public void Complain(string problem) => Problem ??= Sentence(problem);

    /// <summary>A store's refusal: beside the field that its message names, if the form has it, else above the form.</summary>
    /// <param name="named">The names of the form's fields.</param>
    public void Complain(Refusal refusal, params ReadOnlySpan<string> named)
    {
        const string lacking = "Insufficient permissions: ";
        var message = refusal.Message.StartsWith(lacking, StringComparison.Ordinal) ? refusal.Message[lacking.Length..] : refusal.Message;
        var colon = message.IndexOf(": ", StringComparison.Ordinal);
        var field = colon < 0 ? "" : message[..colon].Split('.', '[')[0];
        if (field.Length > 0 && named.Contains(field))
        {
            Complain(field, message[(colon + 2)..]);
        }
        else
        {
            Complain(message);
        }
    }

    private static string Sentence(string problem) => problem.Length == 0 ? problem : char.ToUpperInvariant(problem[0]) + problem[1..];
}

/// <summary>Reads a form into memory, bounded. Nothing of it touches the disk: a form may carry secrets.</summary>
internal static class FormBody
{
    /// <summary>A secret of 64 KiB, each byte of it written as three.</summary>
    public const int MaxForm = 1 << 20;
    public const int MaxUpload = 4 << 20;
    private static readonly Refusal NotAForm = new(RefusalKind.UnsupportedMediaType, "unsupported_media_type", "This is not the form that the page has");

    public static async ValueTask<Outcome<FormFields>> Read(HttpContext context, int limit, bool takesFile)
    {
        var request = context.Request;
        var type = request.ContentType ?? "";
        var plain = type.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);
        if (!plain && !(takesFile && type.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase)))
        {
            return NotAForm;
        }

        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = limit;
        var feature = new FormFeature(request, new FormOptions
        {
            BufferBodyLengthLimit = limit,
            KeyLengthLimit = 256,
            MemoryBufferThreshold = limit,
            MultipartBodyLengthLimit = limit,
            ValueCountLimit = 8192,
            ValueLengthLimit = limit,
        });
        context.Features.Set<IFormFeature>(feature);
        try
        {
            return FormFields.Sent(await feature.ReadFormAsync(context.RequestAborted).ConfigureAwait(false));
        }
        catch (InvalidDataException)
        {
            return new Refusal(RefusalKind.Invalid, "bad_form", "The form is malformed");
        }
    }
}
