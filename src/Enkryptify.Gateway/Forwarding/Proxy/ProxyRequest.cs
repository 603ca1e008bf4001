using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Forwarding.Templates;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Forwarding.Proxy;

/// <summary>A header of a proxied request, its value with placeholders.</summary>
internal sealed record ProxyHeader(string Name, Template Value);

/// <summary>What a caller asks the proxy to send, in either wire form.</summary>
/// <param name="Environment">An id; a name is accepted too.</param>
/// <param name="Personal">Whether the caller's personal values come before the shared ones.</param>
internal sealed record ProxyRequest(
    string Workspace, string Project, string Environment, bool Personal, string Method, TargetUrl Url, IReadOnlyList<ProxyHeader> Headers, ProxyBody Body)
{
    /// <summary>Distinct names in one request.</summary>
    public const int MaxNames = 100;

    public bool HasCandidate => Url.HasCandidate || Body.Names.Count > 0 || Headers.Any(header => !header.Value.IsLiteral);

    /// <summary>The names it asks for, given those there are; or which is missing, and where.</summary>
    public Outcome<IReadOnlyList<string>> Names(Func<string, bool> isSecret)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        IEnumerable<(string Field, IReadOnlyList<string> Names)> places =
            [("url", Url.Template(isSecret).Names), .. Headers.Select(header => ($"headers.{JsonFields.Printable(header.Name)}", header.Value.Names)), ("body", Body.Names)];
        foreach (var (field, asked) in places)
        {
            foreach (var name in asked)
            {
                if (!names.Contains(name) && !isSecret(name))
                {
                    return Refusal.Invalid(field, $"no secret {Shown(name)} in this environment") with { Reason = "unknown_placeholder" };
                }

                names.Add(name);
                if (names.Count > MaxNames)
                {
                    return Refusal.Invalid(field, $"more than {MaxNames} different placeholders in one request");
                }
            }
        }

        return names.ToList();
    }

    /// <summary>What is longer than a name in use is more likely a value in the wrong place, and is not repeated.</summary>
    private static string Shown(string name) => name.Length <= 32 ? $"named {name}" : "of this name";
}
