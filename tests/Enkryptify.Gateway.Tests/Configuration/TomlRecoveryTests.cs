using CsCheck;

namespace Enkryptify.Gateway.Tests.Configuration;

/// <summary>Text that is not TOML: one report per mistake, and everything around it still judged.</summary>
public class TomlRecoveryTests
{
    private const string NotToml = "not valid TOML; a line is [section], key = value or # comment, and text stands in quotes";
    private const string DoesNotEnd = "this value does not end: a closing bracket or quote is missing";

    [Theory]
    [InlineData("[log]\nlevel = \"info\nformat = \"xml\"", "2 : the closing quote is missing", "3 log.format: must be one of text, json, journal")]
    [InlineData("[log]\nlevel =\nformat = \"xml\"", "2 : expected a value; text stands in quotes", "3 log.format: must be one of text, json, journal")]
    [InlineData("[log]\nlevel\nformat = \"xml\"", "2 : expected key = value", "3 log.format: must be one of text, json, journal")]
    [InlineData("[log\nlevel = \"info\"\nformat = \"xml\"", "1 : " + NotToml, "3 log.format: must be one of text, json, journal")]
    [InlineData("[]\nlevel = \"info\"", "1 : " + NotToml, "2 level: unknown key; did you mean log.level?")]
    [InlineData("[server]\nlisten = [\"http://127.0.0.1:1\"\nallow_cleartext = 7", "2 : " + DoesNotEnd, "3 server.allow_cleartext: must be true or false, not a number")]
    [InlineData("[server]\nlisten = [\n \"http://127.0.0.1:1\"\n \"http://127.0.0.1:2\"\n]\nallow_cleartext = 7",
        "4 : " + NotToml, "6 server.allow_cleartext: must be true or false, not a number")]
    [InlineData("[log]\nlevel = \"\"\"info\nformat = \"xml\"\n\n", "2 : " + DoesNotEnd, "3 log.format: must be one of text, json, journal")]
    [InlineData("[log]\nlevel = info\nformat = \"xml\"", "2 : " + NotToml, "3 log.format: must be one of text, json, journal")]
    [InlineData("[log]\nlevel = \"\\q\"\nformat = \"xml\"", "2 : unknown escape in a string; write a backslash as \\\\ or use single quotes", "3 log.format: must be one of text, json, journal")]
    [InlineData("[log]\nlevel = \"a\u0001\"\nformat = \"xml\"", "2 : a control character must be written as an escape such as \\n", "3 log.format: must be one of text, json, journal")]
    [InlineData("[log]\nlevel = \"info\" format = \"text\"\nformat = \"xml\"", "2 : " + NotToml, "3 log.format: must be one of text, json, journal")]
    public void The_first_mistake_does_not_hide_the_second(string text, string first, string second) => Assert.Equal([first, second], ConfigFile.Errors(text));

    [Fact]
    public void Five_broken_lines_are_five_reports() => Assert.Equal(
        ["2", "3", "4", "6", "8"],
        ConfigFile.Errors("[log]\nlevel = \"info\nformat = 'text\n= 3\n[server]\nlisten = [\n\n[storage\ndata_dir = \"/x\"").Select(error => error.Split(' ')[0]));

    [Theory]
    [InlineData("[log]\nlevel = \"info\\")]
    [InlineData("[log]\nlevel = \"\"\"info\\")]
    [InlineData("[log]\nlevel = 'info")]
    [InlineData("[log]\nlevel = {")]
    public void A_file_that_ends_in_the_middle_is_one_report_on_its_last_statement(string text) =>
        Assert.StartsWith("2 : ", Assert.Single(ConfigFile.Errors(text)), StringComparison.Ordinal);

    [Fact]
    public void Nesting_without_end_is_one_report()
    {
        string deep = new string('[', 50_000) + new string(']', 50_000);
        Assert.Equal(["2 : brackets are nested too deeply", "3 log.level: must be one of debug, info, warning, error"],
            ConfigFile.Errors($"[log]\nformat = {deep}\nlevel = \"loud\""));
    }

    [Fact]
    public void A_file_of_something_else_stops_after_many_reports()
    {
        string[] errors = ConfigFile.Errors(string.Concat(Enumerable.Repeat("this is prose.\n", 1000)));
        Assert.Equal(201, errors.Length);
        Assert.EndsWith("too many mistakes, the rest of the file was not read", errors[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_gives_a_result_and_lines_that_exist() =>
        Gen.OneOf(Gen.Const("[log]\n"), Gen.Const("level = "), Gen.Const("\"info\"\n"), Gen.Const("["), Gen.Const("]"), Gen.Const("\n"), Gen.Const("\"\"\""),
                Gen.Const("{ a = 1"), Gen.Const("}"), Gen.Const("server.listen"), Gen.Const(" = "), Gen.Const("#"), Gen.Const("\""), Gen.Const("\\"), Gen.Const("\\uD800"), Gen.Const("0x"), Gen.String)
            .Array[0, 12].Select(string.Concat)
            .Sample(
                text =>
                {
                    // Written as bytes: lone surrogates become replacement characters, as an editor would make them.
                    int lines = text.Count(letter => letter == '\n') + 1;
                    var result = ConfigFile.Load(text);
                    Assert.All(result.Errors, error => Assert.InRange(error.Line, 0, lines));
                    Assert.Equal(result.Errors.IsEmpty, result.IsValid);
                },
                iter: 2000);
}
