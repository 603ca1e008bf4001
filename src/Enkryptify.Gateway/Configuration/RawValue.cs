using System.Collections.Immutable;
using Tomlyn.Syntax;

namespace Enkryptify.Gateway.Configuration;

/// <summary>A value as it was written, with its line, before anyone asked what it should be.</summary>
internal abstract record RawValue(int Line)
{
    public sealed record Text(int Line, string Value) : RawValue(Line);

    public sealed record Number(int Line, long Value) : RawValue(Line);

    public sealed record Fraction(int Line, double Value) : RawValue(Line);

    public sealed record Truth(int Line, bool Value) : RawValue(Line);

    public sealed record List(int Line, ImmutableArray<RawValue> Items) : RawValue(Line);

    /// <summary>What TOML has and no key takes: dates, tables.</summary>
    public sealed record Other(int Line, string Name) : RawValue(Line);

    /// <summary>From a flag or the environment: text that becomes what the key wants.</summary>
    public sealed record Untyped(string Value) : RawValue(0);

    public string Describe() => this switch
    {
        Text => "a string",
        Number => "a number",
        Fraction => "a fraction",
        Truth => "true or false",
        List => "a list",
        Other other => other.Name,
        _ => "this text",
    };

    public static RawValue From(ValueSyntax? value, int line) => value switch
    {
        StringValueSyntax text => new Text(line, text.Value ?? ""),
        IntegerValueSyntax number => new Number(line, number.Value),
        BooleanValueSyntax truth => new Truth(line, truth.Value),
        ArraySyntax array => new List(line, [.. array.Items.Select(item => From(item.Value, item.Value?.Span.Start.Line + 1 ?? line))]),
        FloatValueSyntax number => new Fraction(line, number.Value),
        DateTimeValueSyntax => new Other(line, "a date"),
        _ => new Other(line, "a table"),
    };
}
