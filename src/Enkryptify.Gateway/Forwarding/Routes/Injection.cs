using System.Text;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Forwarding.Templates;

namespace Enkryptify.Gateway.Forwarding.Routes;

/// <summary>What a route injects, with the values in place, ready to be sent; and what must not come back.</summary>
internal sealed record Injection(IReadOnlyList<(string Name, Sensitive Value)> Headers, IReadOnlyList<(string Name, Sensitive Value)> Query, Scrubber Scrubber);

/// <summary>The templates of a route, parsed once.</summary>
internal sealed class InjectionPlan
{
    /// <summary>Of one rendered header. Servers commonly take 8 KiB for a field.</summary>
    private const int MaxRendered = 8 * 1024;

    private readonly (string Name, Template Template)[] headers;
    private readonly (string Name, Template Template)[] query;
    private readonly (Template User, Template Password)? basic;

    public InjectionPlan(LegacyRoute route)
    {
        headers = [.. route.Headers.Select(pair => (pair.Name, Template.Parse(pair.Template)))];
        query = [.. route.Query.Select(pair => (pair.Name, Template.Parse(pair.Template)))];
        if (route.Basic is { } pair)
        {
            var colon = pair.IndexOf(':', StringComparison.Ordinal);
            basic = (Template.Parse(pair[..colon]), Template.Parse(pair[(colon + 1)..]));
        }

        Template[] ofBasic = basic is { } both ? [both.User, both.Password] : [];
        Names = [.. headers.Concat(query).Select(one => one.Template).Concat(ofBasic).SelectMany(template => template.Names).Distinct(StringComparer.Ordinal)];
        HeaderNames = [.. headers.Select(header => header.Name), .. basic is null ? (string[])[] : ["Authorization"]];
        QueryNames = [.. query.Select(parameter => parameter.Name)];
    }

    /// <summary>The secrets that it needs.</summary>
    public IReadOnlyList<string> Names { get; }

    public IReadOnlyList<string> HeaderNames { get; }

    public IReadOnlyList<string> QueryNames { get; }

    /// <summary>Null when a value cannot stand where it is to go: a line break would begin another header (RFC 9110 section 5.5).</summary>
    public Injection? Render(IReadOnlyDictionary<string, Sensitive> values)
    {
        var sent = new List<(string, Sensitive)>();
        foreach (var (name, template) in headers)
        {
            var text = template.Render(Value).Trim(' ');
            if (text.Length > MaxRendered || !ValueForm.FitsHeader(text))
            {
                return null;
            }

            sent.Add((name, new Sensitive(text)));
        }

        string? encoded = null;
        if (basic is { } pair)
        {
            var (user, password) = (pair.User.Render(Value), pair.Password.Render(Value));
            if (user.Contains(':', StringComparison.Ordinal) || user.Length + password.Length > MaxRendered || !ValueForm.FitsHeader(user) || !ValueForm.FitsHeader(password))
            {
                // RFC 7617 section 2: a colon in the user would move part of it into the password.
                return null;
            }

            encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
            sent.Add(("Authorization", new Sensitive($"Basic {encoded}")));
        }

        (string, Sensitive)[] parameters = [.. query.Select(one => (one.Name, new Sensitive(ValueForm.InUrl(one.Template.Render(Value)))))];
        return parameters.Any(parameter => parameter.Item2.Reveal().Length > MaxRendered) ? null : new Injection(sent, parameters, new Scrubber([.. values.Values], encoded));

        string Value(string name) => values[name].Reveal();
    }
}
