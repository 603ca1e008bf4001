using System.Text.Json;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>Public keys of an issuer in a form: pasted, or as a file. What a file held is shown in the text area when the form comes back.</summary>
internal static class JwksField
{
    private const string Name = "jwks";
    private const string FileName = "jwksFile";

    public static Markup Of(FormFields form, bool isOptional) => Markup.Of(
        $"""
        {Parts.TextArea(form, new Field(Name, "Public keys (JWKS)") { Hint = "What kubectl get --raw /openid/v1/jwks prints.", Required = !isOptional, Depends = !isOptional, Mono = true, Rows = 5, Placeholder = "{\"keys\": […]}" })}
        <div class="field"><label for="f-jwksFile">or a file that holds them</label><input type="file" id="f-jwksFile" name="{FileName}" accept="application/json,.json,.jwks"></div>
        """);

    /// <summary>The set as it is to be stored; null when none was given, or after a complaint.</summary>
    public static async ValueTask<string?> Read(FormFields form, CancellationToken aborted)
    {
        if (form.File(FileName) is { Length: > 0 } file)
        {
            if (file.Length > KeySet.MaxBytes)
            {
                form.Complain(Name, "Must be at most 1 MiB");
                return null;
            }

            using var reader = new StreamReader(file.OpenReadStream());
            form.Put(Name, await reader.ReadToEndAsync(aborted).ConfigureAwait(false));
        }

        var text = form.Lines(Name);
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
            var (jwks, _, problem) = KeySet.Uploaded(document.RootElement);
            form.Complain(Name, problem);
            return jwks;
        }
        catch (JsonException)
        {
            form.Complain(Name, "This is not valid JSON");
            return null;
        }
    }
}
