using System.Text.Encodings.Web;
using System.Text.Json;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>
/// Further claims in a form: a line each, <c>name = value</c>. A whole number, <c>true</c> or <c>false</c> is meant as such; whatever else stands there is a
/// text, and so is anything in double quotes.
/// </summary>
internal static class ClaimLines
{
    public const string Name = "claims";

    public static RequiredClaims Read(FormFields form)
    {
        var claims = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var line in form.Lines(Name).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = line.IndexOf('=');
            if (equals < 1)
            {
                form.Complain(Name, "Write each claim on a line of its own, as name = value");
                continue;
            }

            var (name, value) = (line[..equals].Trim(), Value(line[(equals + 1)..].Trim()));
            form.Complain(Name, claims.TryAdd(name, value) ? RequiredClaims.Problem(name, value) : $"{name} stands twice");
        }

        form.Complain(Name, claims.Count > RequiredClaims.Max ? $"At most {RequiredClaims.Max} claims" : null);
        return form.ProblemOf(Name) is null ? RequiredClaims.Of(claims.Select(claim => (claim.Key, claim.Value))) : RequiredClaims.None;
    }

    private static JsonElement Value(string text)
    {
        if (text.Length > 0 && (text[0] is '"' or '-' || char.IsAsciiDigit(text[0]) || text is "true" or "false"))
        {
            try
            {
                using var literal = JsonDocument.Parse(text);
                return literal.RootElement.Clone();
            }
            catch (JsonException)
            {
                // A text that only begins like something else, such as 1.2.3.
            }
        }

        using var document = JsonDocument.Parse($"\"{JavaScriptEncoder.Default.Encode(text)}\"");
        return document.RootElement.Clone();
    }
}
