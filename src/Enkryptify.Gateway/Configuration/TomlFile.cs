using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Tomlyn.Syntax;

namespace Enkryptify.Gateway.Configuration;

/// <summary>
/// A configuration file as flat lists of section headers and dotted keys, in file order, repeats included:
/// mapping to objects would stop at the first mistake and forget the lines.
/// </summary>
internal sealed record TomlFile(ImmutableArray<TomlHeader> Headers, ImmutableArray<TomlEntry> Entries, ImmutableArray<TomlMistake> Mistakes)
{
    public static TomlFile Empty { get; } = new([], [], []);

    public static TomlFile Parse(string text)
    {
        (DocumentSyntax document, ImmutableArray<TomlMistake> mistakes) = TomlRecovery.Parse(text);
        var headers = ImmutableArray.CreateBuilder<TomlHeader>();
        var entries = ImmutableArray.CreateBuilder<TomlEntry>();
        Flatten("", null, document.KeyValues, entries);
        foreach (TableSyntaxBase table in document.Tables)
        {
            var header = new TomlHeader(PathOf(table.Name), LineOf(table.Name), table is TableArraySyntax);
            headers.Add(header);
            Flatten(header.Path + ".", header, table.Items, entries);
        }
        return new TomlFile(headers.ToImmutable(), entries.ToImmutable(), mistakes);
    }

    private static void Flatten(string prefix, TomlHeader? header, IEnumerable<KeyValueSyntax> items, ImmutableArray<TomlEntry>.Builder entries)
    {
        foreach (KeyValueSyntax item in items)
        {
            string path = prefix + PathOf(item.Key);
            if (item.Value is InlineTableSyntax table)
            {
                Flatten(path + ".", header, table.Items.Select(inner => inner.KeyValue).OfType<KeyValueSyntax>(), entries);
            }
            else
            {
                entries.Add(new TomlEntry(header, path, RawValue.From(item.Value, LineOf(item.Key))));
            }
        }
    }

    private static int LineOf(KeySyntax? key) => (key?.Key?.Span.Start.Line ?? 0) + 1;

    private static string PathOf(KeySyntax? key) =>
        string.Join('.', new[] { key?.Key }.Concat(key?.DotKeys.Select(dotted => dotted.Key) ?? []).Select(PartOf));

    private static string PartOf(BareKeyOrStringValueSyntax? part)
    {
        string name = part is StringValueSyntax quoted ? quoted.Value ?? "" : (part as BareKeySyntax)?.Key?.Text ?? "";
        // A quoted key may hold dots and line breaks: shown in quotes, it is neither a path nor able to forge a line of output.
        return BareKeySyntax.IsBareKey(name) ? name : JsonValue.Create(name).ToJsonString();
    }
}

/// <param name="IsArray">Written with double brackets.</param>
internal sealed record TomlHeader(string Path, int Line, bool IsArray);

/// <param name="Header">The header it stands under; null at the top of the file.</param>
internal sealed record TomlEntry(TomlHeader? Header, string Key, RawValue Value);

/// <summary>A place where the text is not TOML.</summary>
internal sealed record TomlMistake(int Line, string Message);
