namespace Enkryptify.Gateway.Configuration;

/// <summary>One table of a list such as <c>[[routes]]</c>.</summary>
/// <param name="Index">From 0, in file order: <c>config print</c> tells items apart by it.</param>
internal sealed record TableItem(string Section, int Index, TomlHeader Header)
{
    /// <summary>The key as the file's flat list has it.</summary>
    public string InFile(string key) => $"{Section}.{key}";

    /// <summary>The key as settings and errors show it.</summary>
    public string Shown(string key) => $"{Section}[{Index}].{key}";
}
