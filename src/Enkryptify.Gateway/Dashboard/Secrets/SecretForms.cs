using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Projects;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Secrets;

/// <summary>What the forms about secrets share.</summary>
internal static class SecretForms
{
    /// <summary>The form again with what the vault said: its messages name a place in the API's body, such as <c>secrets[0].value: …</c>.</summary>
    public static ValueTask<Reply> Again(Refusal refusal, FormFields form, Func<int, ValueTask<Reply>> show)
    {
        if (refusal.Kind is RefusalKind.NotFound or RefusalKind.Unauthenticated)
        {
            return ValueTask.FromResult(Reply.Refused(refusal));
        }

        const string lacking = "Insufficient permissions: ";
        var message = refusal.Message.StartsWith(lacking, StringComparison.Ordinal) ? refusal.Message[lacking.Length..] : refusal.Message;
        var dot = message.StartsWith("secrets[", StringComparison.Ordinal) || message.StartsWith("values[", StringComparison.Ordinal) ? message.IndexOf("].", StringComparison.Ordinal) : -1;
        var colon = dot < 0 ? -1 : message.IndexOf(": ", dot, StringComparison.Ordinal);
        if (colon >= 0)
        {
            form.Complain(message[(dot + 2)..colon] == "key" ? "name" : "value", message[(colon + 2)..]);
        }
        else
        {
            form.Complain(refusal.Code == "name_taken" ? refusal with { Message = "name: Another secret of the project has this name" } : refusal, "name", "note");
        }

        return show(RefusalReply.StatusOf(refusal.Kind));
    }

    /// <summary>Where a form leads: to the page of this project that it was opened on, else to <paramref name="otherwise"/> in the project.</summary>
    public static string Back(FormFields form, ProjectPlace place, string otherwise)
    {
        var (back, home) = (form["back"], place.Path());
        return back == home || back.StartsWith(home + "?", StringComparison.Ordinal) || back.StartsWith(home + "/", StringComparison.Ordinal) ? back : place.Path(otherwise);
    }
}
