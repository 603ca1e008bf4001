using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Enkryptify.Gateway.Configuration;

/// <summary>What the value of a key may be: how it is read from what was written, and how it is shown again.</summary>
internal abstract class ValueKind<T>
{
    /// <summary>Reports every fault to <paramref name="place"/>; the answer counts only when there was none.</summary>
    public abstract T? Read(RawValue raw, ReadingPlace place);

    public abstract JsonNode Show(T value);
}

/// <summary>Where a value is being read, and where its faults go.</summary>
/// <param name="BaseDirectory">What relative paths start from.</param>
internal sealed record ReadingPlace(string Key, ConfigSource Source, string BaseDirectory, List<ConfigError> Errors)
{
    public void Fail(int line, string message) => Errors.Add(new ConfigError(Source.Name, line, Key, message));
}

internal sealed class WholeNumber(int least, int most) : ValueKind<int>
{
    public override int Read(RawValue raw, ReadingPlace place)
    {
        long? number = raw switch
        {
            RawValue.Number written => written.Value,
            RawValue.Untyped text when long.TryParse(text.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long parsed) => parsed,
            _ => null,
        };
        if (number is null)
        {
            place.Fail(raw.Line, $"must be a whole number, not {raw.Describe()}");
        }
        else if (number < least || number > most)
        {
            place.Fail(raw.Line, string.Create(CultureInfo.InvariantCulture, $"must be between {least} and {most}"));
        }
        else
        {
            return (int)number;
        }
        return 0;
    }

    public override JsonNode Show(int value) => JsonValue.Create(value);
}

internal sealed class Truth : ValueKind<bool>
{
    public override bool Read(RawValue raw, ReadingPlace place)
    {
        switch (raw)
        {
            case RawValue.Truth written:
                return written.Value;
            case RawValue.Untyped { Value: "true" }:
                return true;
            case RawValue.Untyped { Value: "false" }:
                return false;
            default:
                place.Fail(raw.Line, $"must be true or false, not {raw.Describe()}");
                return false;
        }
    }

    public override JsonNode Show(bool value) => JsonValue.Create(value);
}

/// <summary>A value written as one string.</summary>
internal abstract class TextValue<T> : ValueKind<T>
{
    protected abstract T? Read(string text, int line, ReadingPlace place);

    protected abstract string Write(T value);

    public sealed override T? Read(RawValue raw, ReadingPlace place)
    {
        switch (raw)
        {
            case RawValue.Text written:
                return Read(written.Value, written.Line, place);
            case RawValue.Untyped untyped:
                return Read(untyped.Value, untyped.Line, place);
            default:
                place.Fail(raw.Line, $"must be a string, not {raw.Describe()}");
                return default;
        }
    }

    public sealed override JsonNode Show(T value) => JsonValue.Create(Write(value));
}

/// <summary>One of a few words.</summary>
internal sealed class Choice<T>(params (string Word, T Value)[] choices) : TextValue<T>
    where T : struct, Enum
{
    protected override T Read(string text, int line, ReadingPlace place)
    {
        foreach ((string word, T value) in choices)
        {
            if (word == text)
            {
                return value;
            }
        }
        place.Fail(line, $"must be one of {string.Join(", ", choices.Select(choice => choice.Word))}");
        return default;
    }

    protected override string Write(T value) => choices.First(choice => choice.Value.Equals(value)).Word;
}

/// <summary>A list of strings; in a flag or a variable the items are separated by commas, and empty text is the empty list.</summary>
internal sealed class ListOf<T>(TextValue<T> item, bool mayBeEmpty) : ValueKind<ImmutableArray<T>>
{
    public override ImmutableArray<T> Read(RawValue raw, ReadingPlace place)
    {
        ImmutableArray<RawValue>? written = raw switch
        {
            RawValue.List list => list.Items,
            RawValue.Untyped text => [.. text.Value
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part => new RawValue.Untyped(part))],
            _ => null,
        };
        if (written is not { } items)
        {
            place.Fail(raw.Line, $"must be a list such as [\"...\"], not {raw.Describe()}");
            return [];
        }
        if (items.IsEmpty && !mayBeEmpty)
        {
            place.Fail(raw.Line, "must not be empty");
        }
        var values = ImmutableArray.CreateBuilder<T>(items.Length);
        foreach (RawValue one in items)
        {
            int faults = place.Errors.Count;
            if (item.Read(one, place) is { } value && place.Errors.Count == faults)
            {
                if (values.Contains(value))
                {
                    place.Fail(one.Line, "an item is listed twice");
                }
                values.Add(value);
            }
        }
        return values.ToImmutable();
    }

    public override JsonNode Show(ImmutableArray<T> value) => new JsonArray([.. value.Select(item.Show)]);
}
