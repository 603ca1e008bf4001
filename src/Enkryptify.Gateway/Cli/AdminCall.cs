using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary>One run of a management verb: its arguments, its gateway, and where its answer goes.</summary>
internal sealed record AdminCall(ParseResult Parsed, Surroundings Around, AdminClient Client, bool Json)
{
    public Lookup Find { get; } = new(Client);

    public T? Value<T>(Option<T> option) => Parsed.GetValue(option);

    public T? Value<T>(Argument<T> argument) => Parsed.GetValue(argument);

    /// <summary>The answer as the API gave it where <c>--json</c> was asked for, else what <paramref name="people"/> makes of it.</summary>
    public void Answer(JsonElement answer, Action<JsonElement> people)
    {
        if (Json)
        {
            Around.Output.WriteLine(answer.GetRawText());
        }
        else
        {
            people(answer);
        }
    }

    /// <summary>As the other, where a person gets one sentence.</summary>
    public void Answer(JsonElement answer, Func<JsonElement, string> sentence) =>
        Answer(answer, people: shown => Around.Output.WriteLine(Printable.Of(sentence(shown))));
}
