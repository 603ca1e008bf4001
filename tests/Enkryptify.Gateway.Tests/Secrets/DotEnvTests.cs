using CsCheck;
using Enkryptify.Gateway.Secrets;

namespace Enkryptify.Gateway.Tests.Secrets;

public class DotEnvTests
{
    [Theory]
    [InlineData("A=1", "A", "1")]
    [InlineData("  A = 1  ", "A", "1")]
    [InlineData("\tA\t=\t1\t", "A", "1")]
    [InlineData("export A=1", "A", "1")]
    [InlineData("export\t  A=1", "A", "1")]
    [InlineData("export=1", "export", "1")]
    [InlineData("export =1", "export", "1")]
    [InlineData("exported=1", "exported", "1")]
    [InlineData("a-b_C9=1", "a-b_C9", "1")]
    [InlineData("A=b=c==", "A", "b=c==")]
    [InlineData("A=b c # note", "A", "b c")]
    [InlineData("A=b\t# note", "A", "b")]
    [InlineData("A=b#c", "A", "b#c")]
    [InlineData("A=#c", "A", "#c")]
    [InlineData("A=it's \"so\"", "A", "it's \"so\"")]
    [InlineData("A=a\\nb $X ${Y} `z`", "A", "a\\nb $X ${Y} `z`")]
    [InlineData("A='  x # y \\n \"${Z}\" '", "A", "  x # y \\n \"${Z}\" ")]
    [InlineData("A='x' # note", "A", "x")]
    [InlineData("A = \"x\"  ", "A", "x")]
    [InlineData("A='1\n2\n3'", "A", "1\n2\n3")]
    [InlineData("A=\"1\n#2\n3\"", "A", "1\n#2\n3")]
    [InlineData("A=\"1\r\n2\"\r\n", "A", "1\n2")]
    [InlineData("A=\"\\n\\r\\t\\\"\\\\\\$\"", "A", "\n\r\t\"\\$")]
    [InlineData("A=\"\\d\\'\\\\n\\\\\"", "A", "\\d\\'\\n\\")]
    [InlineData("A=\"it's\"", "A", "it's")]
    [InlineData("\uFEFFA=1", "A", "1")]
    [InlineData("A=é😀", "A", "é😀")]
    public void ReadsOneValue(string text, string name, string value)
    {
        DotEnvFile file = DotEnv.Parse(text);
        Assert.Empty(file.Errors);
        Assert.Equal((name, value), file.Entries.Select(e => (e.Name, e.Value)).Single());
    }

    [Fact]
    public void KeepsTheOrderAndNumbersTheLines()
    {
        DotEnvFile file = DotEnv.Parse("# first\r\n\r\nB=1\r\nA='x\r\ny'\r\n  # again = not\r\nC=\"\r\n\"\r\nD=2");
        Assert.Empty(file.Errors);
        Assert.Equal([new("B", "1", 3), new("A", "x\ny", 4), new("C", "\n", 7), new("D", "2", 9)], file.Entries);
    }

    [Theory]
    [InlineData("A", "line 1: expected NAME=value")]
    [InlineData("export A", "line 1: expected NAME=value")]
    [InlineData("=1", "line 1: a name is 1 to 128 characters of A-Z a-z 0-9 _ -")]
    [InlineData("\nA.B=1", "line 2: a name is 1 to 128 characters of A-Z a-z 0-9 _ -")]
    [InlineData("é=1", "line 1: a name is 1 to 128 characters of A-Z a-z 0-9 _ -")]
    [InlineData("A B=1", "line 1: a name is 1 to 128 characters of A-Z a-z 0-9 _ -")]
    [InlineData("A=", "line 1: a secret's value cannot be empty")]
    [InlineData("A=   # note", "line 1: a secret's value cannot be empty")]
    [InlineData("A=''", "line 1: a secret's value cannot be empty")]
    [InlineData("A=\"\"", "line 1: a secret's value cannot be empty")]
    [InlineData("A=x\0y", "line 1: a secret's value cannot hold a NUL character")]
    [InlineData("A='x", "line 1: the quote that opens here is never closed")]
    [InlineData("A=\"x\\\"\nB=1", "line 1: the quote that opens here is never closed")]
    [InlineData("A=\"x\\", "line 1: the quote that opens here is never closed")]
    [InlineData("A='x'y", "line 1: text after the closing quote")]
    [InlineData("A='x'#y", "line 1: text after the closing quote")]
    [InlineData("A='1\n2' y", "line 2: text after the closing quote")]
    [InlineData("A=1\nB=1\nA=1\nA=2", "line 3: the same name as on line 1", "line 4: the same name as on line 1")]
    public void RefusesWithTheLine(string text, params string[] errors) => Assert.Equal(errors, DotEnv.Parse(text).Errors.Select(e => e.ToString()));

    [Fact]
    public void ReportsEveryErrorAtOnceAndReadsOnAfterEach()
    {
        DotEnvFile file = DotEnv.Parse("A=1\nnonsense\nB=\n9.9='two\nlines'\nA=2\nC='x' y\nD=3\nE=\"open\nF=4");
        Assert.Equal([2, 3, 4, 6, 7, 9], file.Errors.Select(e => e.Line));
        Assert.Equal(["A", "D", "F"], file.Entries.Select(e => e.Name));
    }

    [Fact]
    public void ANameMayHave128Characters()
    {
        Assert.Empty(DotEnv.Parse(new string('A', 128) + "=1").Errors);
        Assert.Single(DotEnv.Parse(new string('A', 129) + "=1").Errors);
    }

    [Fact]
    public void NoErrorAndNoEntryShowsWhatTheFileHolds()
    {
        const string Marked = "c4n4ry";
        DotEnvFile file = DotEnv.Parse($"{Marked}\n{Marked}.{Marked}={Marked}\n{Marked}=\n{Marked}={Marked}\nA='{Marked}' {Marked}\nB={Marked}\nC='{Marked}");
        Assert.Equal(6, file.Errors.Count);
        Assert.DoesNotContain(Marked, string.Join('\n', file.Errors));
        Assert.Equal("B (line 6)", Assert.Single(file.Entries).ToString());
    }

    [Fact]
    public void WritesThePlainestFormThatReadsBack() =>
        Assert.Equal(
            "A=https://x/y\nB='a b $C \"d\" \\n'\nC=\"it's\"\nD=\"-----\\nline\\\\\\\"\\$\\r\\n\"\nE=\"a\\rb\"\n",
            DotEnv.Write([new("A", "https://x/y"), new("B", "a b $C \"d\" \\n"), new("C", "it's"), new("D", "-----\nline\\\"$\r\n"), new("E", "a\rb")]));

    [Theory]
    [InlineData("", "1")]
    [InlineData("A.B", "1")]
    [InlineData("A", "")]
    [InlineData("A", "x\0")]
    [InlineData("B", "again")]
    public void WritesNothingThatWouldNotReadBack(string name, string value) =>
        Assert.Throws<ArgumentException>(() => DotEnv.Write([new("B", "1"), new(name, value)]));

    [Fact]
    public void WhatIsWrittenReadsBackAsItWas()
    {
        Gen<string> nasty = Gen.String[Gen.Char["'\"\\$#= \t\r\nnrtaé\u0085\u2028\uFEFF\ud83d\ude00`{}"], 1, 12];
        Gen<string> any = Gen.String[1, 40].Select(s => s.Replace('\0', '0'));
        Gen<string> name = Gen.String[Gen.Char["aA0_-"], 1, 6];
        Gen.Dictionary(name, Gen.OneOf(nasty, any))[0, 8].Sample(pairs =>
        {
            DotEnvFile file = DotEnv.Parse(DotEnv.Write(pairs));
            Assert.Empty(file.Errors);
            Assert.Equal(pairs.Select((p, i) => new DotEnvEntry(p.Key, p.Value, i + 1)), file.Entries);
        }, iter: 20_000);
    }

    /// <summary>Any text is read without a throw; each error and entry names a line that is there.</summary>
    [Fact]
    public void AnyTextIsReadOrRefused() =>
        Gen.String[Gen.Char["'\"\\#= \r\nAb.\0"], 0, 60].Sample(text =>
        {
            DotEnvFile file = DotEnv.Parse(text);
            int lines = text.Count(c => c == '\n') + 1;
            Assert.All(file.Errors, e => Assert.InRange(e.Line, 1, lines));
            Assert.All(file.Entries, e => Assert.True(e.Line >= 1 && e.Line <= lines && e.Value.Length > 0 && !e.Value.Contains('\0')));
            Assert.Equal(file.Entries.Count, file.Entries.Select(e => e.Name).Distinct().Count());
        }, iter: 20_000);
}
