using Enkryptify.Gateway.Forwarding.Templates;

namespace Enkryptify.Gateway.Tests.Forwarding.Templates;

/// <summary>What is a placeholder, what is a percent-escape, what is neither.</summary>
public sealed class TemplateTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("%KEY%", "<KEY>")]
    [InlineData("Bearer %KEY%", "Bearer <KEY>")]
    [InlineData("%KEY%%OTHER%", "<KEY><OTHER>")]
    [InlineData("a%%KEY%b", "a%<KEY>b")]
    [InlineData("%KEY%OTHER%", "<KEY>OTHER%")]
    [InlineData("50% off, 20% more", "50% off, 20% more")]
    [InlineData("%", "%")]
    [InlineData("%%", "%%")]
    [InlineData("100%", "100%")]
    [InlineData("%KEY", "%KEY")]
    [InlineData("%not a name%KEY%", "%not a name<KEY>")]
    [InlineData("%a.b%", "%a.b%")]
    [InlineData("%é%", "%é%")]
    [InlineData("%20bar%", "<20bar>")]
    [InlineData("%_-9%", "<_-9>")]
    public void A_text(string text, string expected) => Assert.Equal(expected, Template.Parse(text).Render(name => $"<{name}>"));

    /// <summary>Secrets of this environment: KEY, 20bar, C3, AB-KEY.</summary>
    [Theory]
    [InlineData("/?q=foo%20bar%20baz", "/?q=foo<20bar>20baz")]
    [InlineData("/?q=foo%20baz%20bar", "/?q=foo%20baz%20bar")]
    [InlineData("/%2Fa%2Fb", "/%2Fa%2Fb")]
    [InlineData("/%20%KEY%", "/%20<KEY>")]
    [InlineData("/%KEY%%20x", "/<KEY>%20x")]
    [InlineData("/%C3%A9", "/<C3>A9")]
    [InlineData("/%c3%a9", "/%c3%a9")]
    [InlineData("/%E2%82%AC", "/%E2%82%AC")]
    [InlineData("/%AB-KEY%", "/<AB-KEY>")]
    [InlineData("/%ab%KEY%", "/%ab<KEY>")]
    [InlineData("/%UNKNOWN%", "/<UNKNOWN>")]
    [InlineData("/%A%", "/<A>")]
    [InlineData("/%2%KEY%", "/<2>KEY%")]
    [InlineData("/%20", "/%20")]
    public void A_url(string text, string expected)
    {
        string[] secrets = ["KEY", "20bar", "C3", "AB-KEY"];
        Assert.Equal(expected, Template.ParseUrl(text, secrets.Contains).Render(name => $"<{name}>"));
    }

    [Fact]
    public void Names_are_at_most_128_long()
    {
        var (longest, tooLong) = (new string('A', 128), new string('A', 129));
        Assert.Equal([longest], Template.Parse($"%{longest}%").Names);
        Assert.Empty(Template.Parse($"%{tooLong}%").Names);
    }

    [Fact]
    public void Names_are_listed_once_in_order() => Assert.Equal(["B", "A"], Template.Parse("%B% %A% %B%").Names);

    [Fact]
    public void A_value_that_looks_like_a_placeholder_is_not_one() =>
        Assert.Equal("%OTHER%/%B%", Template.Parse("%A%/%C%").Render(name => name == "A" ? "%OTHER%" : "%B%"));

    [Theory]
    [InlineData("a b&c=d/e?f#g%", "a%20b%26c%3Dd%2Fe%3Ff%23g%25")]
    [InlineData("é\r\n", "%C3%A9%0D%0A")]
    [InlineData("A-Z_a.z~0", "A-Z_a.z~0")]
    public void A_value_in_a_url_stays_one_value(string value, string expected) => Assert.Equal(expected, ValueForm.InUrl(value));

    [Theory]
    [InlineData("a\"b\\c\nd", "a\\\"b\\\\c\\nd")]
    public void A_value_in_json_stays_within_its_quotes(string value, string expected) => Assert.Equal(expected, ValueForm.InJson(value));

    [Fact]
    public void A_value_in_xml_opens_nothing() => Assert.Equal("&lt;a b=&quot;&apos;&amp;amp;&quot;&gt;", ValueForm.InXml("<a b=\"'&amp;\">"));

    [Theory]
    [InlineData("plain text, é", true)]
    [InlineData("a\rb", false)]
    [InlineData("a\nb", false)]
    [InlineData("a\tb", false)]
    [InlineData("a\u0000b", false)]
    [InlineData("a\u007fb", false)]
    [InlineData("a\u0085b", false)]
    public void A_control_character_does_not_fit_a_header(string value, bool fits) => Assert.Equal(fits, ValueForm.FitsHeader(value));

    [Theory]
    [InlineData("https://%HOST%/", true)]
    [InlineData("a%%b%", true)]
    [InlineData("a%20b", false)]
    public void Placeholders_are_found_where_none_may_be(string text, bool found) => Assert.Equal(found, Placeholder.IsIn(text));
}
