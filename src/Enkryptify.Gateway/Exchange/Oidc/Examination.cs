using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;

namespace Enkryptify.Gateway.Exchange.Oidc;

/// <summary>One thing that was looked at. What comes from the token is cut short: whoever sent it has proven nothing.</summary>
internal sealed record ExaminedStep(string Name, bool Passed, string? Found, string? Expected);

/// <summary>
/// How a token was judged, step by step: the exchange asks for the outcome, the audit log for the step that failed, and
/// <c>identity test</c> shows all of it.
/// </summary>
internal sealed class Examination
{
    private const int MaxShown = 256;
    private readonly List<ExaminedStep> steps = [];

    public IReadOnlyList<ExaminedStep> Steps => steps;

    public Guid? Workspace { get; set; }

    public Credential? Credential { get; private set; }

    /// <summary>Stable, for the audit log; null when the token was accepted.</summary>
    public string? Reason { get; private set; }

    /// <summary>The subject, once a signature has proven it; what is unproven must not become a kind of refusal of its own.</summary>
    public string? ProvenSubject { get; set; }

    public Outcome<Credential> Outcome => Reason is null && Credential is { } credential ? credential : Refusal.Unauthenticated(Reason ?? "malformed");

    public void Pass(string step, string? found = null) => steps.Add(new ExaminedStep(step, true, Short(found), null));

    public Examination Refuse(string step, string reason, string? found, string? expected)
    {
        steps.Add(new ExaminedStep(step, false, Short(found), Short(expected)));
        Reason = reason;
        return this;
    }

    public Examination Accept(Credential credential)
    {
        Credential = credential;
        Pass("identity", credential.Name);
        return this;
    }

    /// <summary>For the audit log: what the token said at each step, and what was expected at the one that failed.</summary>
    public IReadOnlyList<(string Name, object Value)> Evidence()
    {
        var evidence = new List<(string, object)>();
        foreach (var step in steps)
        {
            if (step.Found is { } found && step.Name is not "identity" and not "form")
            {
                evidence.Add((step.Name, found));
            }

            if (!step.Passed)
            {
                evidence.Add(("step", step.Name));
                evidence.Add(("expected", step.Expected ?? ""));
                if (step.Name == "form" && step.Found is { } form)
                {
                    evidence.Add(("found", form));
                }
            }
        }

        return evidence;
    }

    /// <summary>The first few of a list, for a message.</summary>
    public static string Some(IEnumerable<string> texts)
    {
        var shown = texts.Distinct(StringComparer.Ordinal).Take(6).ToList();
        return shown.Count switch
        {
            0 => "none is registered",
            > 5 => string.Join(", ", shown.Take(5)) + ", …",
            _ => string.Join(", ", shown),
        };
    }

    private static string? Short(string? text) => text is null || text.Length <= MaxShown ? text
        : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[MaxShown - 1]) ? MaxShown - 1 : MaxShown), "…");
}
