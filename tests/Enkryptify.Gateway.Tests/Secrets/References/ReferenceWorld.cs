using Enkryptify.Gateway.Secrets.References;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>
/// A workspace of two environments of project "demo" and their texts; writes an address as <c>dev/NAME</c> or <c>prod/NAME</c>. Counts what a resolver asks of it.
/// </summary>
internal sealed class ReferenceWorld
{
    private static readonly Guid Project = new("00000000-0000-0000-0000-000000000001");
    private static readonly Dictionary<string, EnvironmentAddress> Environments = new()
    {
        ["dev"] = new(Project, new("00000000-0000-0000-0000-00000000000d")),
        ["prod"] = new(Project, new("00000000-0000-0000-0000-00000000000e")),
    };

    private readonly Dictionary<SecretAddress, string> _texts = [];

    public ReferenceWorld(params IEnumerable<(string Path, string Text)> texts)
    {
        foreach ((string path, string text) in texts)
        {
            _texts[At(path)] = text;
        }
    }

    public int Opens { get; private set; }

    public int Locates { get; private set; }

    public static SecretAddress At(string path) => new(Environments[path.Split('/')[0]], path.Split('/')[1]);

    public static string Show(SecretAddress address) => $"{Environments.Single(e => e.Value == address.Environment).Key}/{address.Name}";

    public ReferenceResolver Resolver(ReferenceLimits? limits = null) => new(Locate, Open, limits);

    /// <summary>The stored text of a path, resolved.</summary>
    public string Resolve(ReferenceResolver resolver, string path) => resolver.Resolve(At(path), _texts[At(path)]);

    public string Resolve(string path) => Resolve(Resolver(), path);

    /// <summary>The rules as they are written down, with no memory and no budgets: what a resolver must agree with.</summary>
    public string Oracle(string path, int maxDepth) => Oracle(At(path), _texts[At(path)], [At(path)], maxDepth);

    private string Oracle(SecretAddress at, string text, SecretAddress[] path, int depthLeft)
    {
        string result = "";
        int copied = 0;
        foreach (ReferenceSpan span in ReferenceParser.All(text))
        {
            EnvironmentAddress? environment = span.Reference.Project is null ? at.Environment : Locate(span.Reference.Project, span.Reference.Environment!);
            SecretAddress target = new(environment ?? default, span.Reference.Name);
            if (depthLeft > 0 && !path.Contains(target) && _texts.TryGetValue(target, out string? inner))
            {
                result += text[copied..span.Offset] + Oracle(target, inner, [.. path, target], depthLeft - 1);
                copied = span.End;
            }
        }

        return result + text[copied..];
    }

    private EnvironmentAddress? Locate(string project, string environment)
    {
        Locates++;
        return project == "demo" && Environments.TryGetValue(environment, out EnvironmentAddress found) ? found : null;
    }

    private string? Open(SecretAddress address)
    {
        Opens++;
        return _texts.GetValueOrDefault(address);
    }
}
