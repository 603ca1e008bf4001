using CsCheck;
using Enkryptify.Gateway.Secrets.References;

namespace Enkryptify.Gateway.Tests.Secrets;

public class ReferenceParserTests
{
    /// <summary>The references of each text as project|environment|name, with where they stand.</summary>
    [Theory]
    [InlineData("${A}", "0+4 A")]
    [InlineData("a${A}b${b-_9}c", "1+4 A", "6+7 b-_9")]
    [InlineData("${A}${A}", "0+4 A", "4+4 A")]
    [InlineData("$${A}", "1+4 A")]
    [InlineData("$$${A}$", "2+4 A")]
    [InlineData("\\${A}", "1+4 A")]
    [InlineData("${${A}}", "2+4 A")]
    [InlineData("${a${B}}", "3+4 B")]
    [InlineData("${ab.c${B}.D}", "6+4 B")]
    [InlineData("${ab.c.d${ef.g.H}}", "8+9 ef|g|H")]
    [InlineData("${A", new string[0])]
    [InlineData("${", new string[0])]
    [InlineData("$", new string[0])]
    [InlineData("", new string[0])]
    [InlineData("${}", new string[0])]
    [InlineData("${ }", new string[0])]
    [InlineData("${A }", new string[0])]
    [InlineData("${A:-default}", new string[0])]
    [InlineData("${é}", new string[0])]
    [InlineData("$A {A} $ {A} ${A\n}", new string[0])]
    [InlineData("${A ${B}", "4+4 B")]
    [InlineData("${demo.production.DB_URL}", "0+25 demo|production|DB_URL")]
    [InlineData("${my-app.eu 1.prod.A}", "0+21 my-app|eu 1.prod|A")]
    [InlineData("${a1...A}", "0+9 a1|.|A")]
    [InlineData("${a1.$ {.A}", "0+11 a1|$ {|A")]
    [InlineData("${a1.é😀.A}", "0+11 a1|é😀|A")]
    [InlineData("${a.b}", new string[0])]
    [InlineData("${a.b.C}", new string[0])]
    [InlineData("${aa..C}", new string[0])]
    [InlineData("${aa.b.}", new string[0])]
    [InlineData("${.b.C}", new string[0])]
    [InlineData("${..}", new string[0])]
    [InlineData("${Demo.b.C}", new string[0])]
    [InlineData("${de_mo.b.C}", new string[0])]
    [InlineData("${demo.b\tc.C}", new string[0])]
    [InlineData("${demo.b\u0085c.C}", new string[0])]
    [InlineData("${demo.b.C D}", new string[0])]
    public void Finds(string text, params string[] expected) => Assert.Equal(expected, ReferenceParser.All(text).Select(Show));

    [Fact]
    public void LengthsEndWhereTheContractSays()
    {
        Assert.True(Accepts(new string('A', 128)));
        Assert.False(Accepts(new string('A', 129)));
        Assert.True(Accepts($"{new string('a', 48)}.e.A"));
        Assert.False(Accepts($"{new string('a', 49)}.e.A"));
        Assert.True(Accepts($"aa.{new string('e', 64)}.A"));
        Assert.False(Accepts($"aa.{new string('e', 65)}.A"));
        Assert.True(Accepts($"aa.{string.Concat(Enumerable.Repeat("😀", 64))}.A"));
        Assert.False(Accepts($"aa.{string.Concat(Enumerable.Repeat("😀", 65))}.A"));
        Assert.True(Accepts($"{new string('a', 48)}.{string.Concat(Enumerable.Repeat("😀", 64))}.{new string('A', 128)}"));
    }

    [Fact]
    public void EveryCharacterOfANameIsAsciiLetterDigitUnderscoreOrHyphen()
    {
        for (int c = 0; c <= char.MaxValue; c++)
        {
            bool allowed = c < 128 && (char.IsAsciiLetterOrDigit((char)c) || c is '_' or '-');
            Assert.Equal(allowed, Accepts($"A{(char)c}"));
        }
    }

    [Theory]
    [InlineData(null, "${A} ${B} ${A}", "A", "B")]
    [InlineData("", "${A}", "A")]
    [InlineData("${B} and ${A}", "${A}${B}${B}", new string[0])]
    [InlineData("${A}", "${A}${aa.dev.A}${a}", "aa|dev|A", "a")]
    [InlineData("${aa.dev.A}", "${aa.Dev.A}", "aa|Dev|A")]
    [InlineData("${A}", "gone", new string[0])]
    [InlineData("${ A}", "${A}", "A")]
    public void AddedIsWhatTheOldTextDidNotName(string? oldText, string newText, params string[] expected) =>
        Assert.Equal(expected, ReferenceParser.Added(oldText, newText).Select(Show));

    /// <summary>Against a reading that tries every start and every end with no shortcut.</summary>
    [Fact]
    public void AgreesWithTheSlowReading() =>
        Gen.OneOf("${", "}", "$", "{", ".", "a", "bc", "A", "_", " ", "\n", "é", "😀", "${A}", "${aa.e.A}").Array[0, 14]
            .Select(string.Concat)
            .Sample(text => Assert.Equal(SlowReading(text), ReferenceParser.All(text).Select(Show)), iter: 20_000);

    [Fact]
    public void SpansAreInOrderApartAndReadAgainAsThemselves() =>
        Gen.String[Gen.Char["${}.aA \n"], 0, 200].Sample(text =>
        {
            int end = 0;
            foreach (ReferenceSpan span in ReferenceParser.All(text))
            {
                Assert.True(span.Offset >= end && span.End <= text.Length);
                string written = text.Substring(span.Offset, span.Length);
                Assert.Equal(span.Reference, Assert.Single(ReferenceParser.All(written)).Reference);
                Assert.Equal(span.Reference is { Project: null } ? $"${{{span.Reference.Name}}}" : $"${{{span.Reference.Project}.{span.Reference.Environment}.{span.Reference.Name}}}", written);
                end = span.End;
            }
        });

    private static bool Accepts(string body) => ReferenceParser.TryNext($"${{{body}}}", 0, out ReferenceSpan span) && span.Length == body.Length + 3;

    private static string Show(ReferenceSpan span) => $"{span.Offset}+{span.Length} {Show(span.Reference)}";

    private static string Show(Reference reference) =>
        reference.Project is null ? reference.Name : $"{reference.Project}|{reference.Environment}|{reference.Name}";

    private static List<string> SlowReading(string text)
    {
        List<string> found = [];
        for (int start = 0; start < text.Length; start++)
        {
            int end = text.IndexOf('}', start);
            if (!text[start..].StartsWith("${", StringComparison.Ordinal) || end < 0)
            {
                continue;
            }

            string body = text[(start + 2)..end];
            string[] parts = body.Split('.');
            string middle = parts.Length < 3 ? "" : string.Join('.', parts[1..^1]);
            bool name = parts[^1].Length is > 0 and <= 128 && parts[^1].All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
            bool slug = parts[0].Length is > 1 and <= 48 && parts[0].All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
            bool environment = middle.Length > 0 && middle.EnumerateRunes().Count() <= 64 && !middle.Any(char.IsControl) && !middle.Contains("${");
            if (name && (parts.Length == 1 || (parts.Length > 2 && slug && environment)))
            {
                found.Add($"{start}+{end + 1 - start} {(parts.Length == 1 ? body : $"{parts[0]}|{middle}|{parts[^1]}")}");
                start = end;
            }
        }

        return found;
    }
}
