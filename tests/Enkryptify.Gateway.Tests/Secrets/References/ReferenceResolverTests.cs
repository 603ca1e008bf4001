using Enkryptify.Gateway.Secrets.References;

namespace Enkryptify.Gateway.Tests.Secrets;

public class ReferenceResolverTests
{
    [Theory]
    [InlineData("none", "none")]
    [InlineData("${B}", "b")]
    [InlineData("-${B}-${B}-", "-b-b-")]
    [InlineData("$${B}", "$b")]
    [InlineData("${a${B}}", "${ab}")]
    [InlineData("${b}", "${b}")]
    [InlineData("${MISSING}${B}", "${MISSING}b")]
    [InlineData("${demo.prod.B}", "prod b")]
    [InlineData("${demo.dev.B}", "b")]
    [InlineData("${demo.staging.B}${other.dev.B}${demo.Dev.B}", "${demo.staging.B}${other.dev.B}${demo.Dev.B}")]
    [InlineData("${NESTED}", "<b>")]
    [InlineData("x${A}y", "x${A}y")]
    [InlineData("x${demo.dev.A}y", "x${demo.dev.A}y")]
    [InlineData("${demo.prod.LOCAL}", "prod b")]
    [InlineData("${OPENING}B}", "${B}")]
    [InlineData("${MULTI}", "é😀\r\n\t end")]
    public void Expands(string text, string expected)
    {
        ReferenceWorld world = new(
            ("dev/A", text), ("dev/B", "b"), ("prod/B", "prod b"), ("dev/NESTED", "<${B}>"), ("prod/LOCAL", "${B}"), ("dev/OPENING", "${"), ("dev/MULTI", "é😀\r\n\t end"));
        Assert.Equal(expected, world.Resolve("dev/A"));
    }

    [Theory]
    [InlineData("dev/A", "abc${A}${B}")]
    [InlineData("dev/B", "bca${B}${B}")]
    [InlineData("dev/C", "cab${C}b${C}")]
    [InlineData("dev/IN", "abc${A}${B}!")]
    public void ACycleIsCutWhereItCloses(string path, string expected)
    {
        ReferenceWorld world = new(("dev/A", "a${B}"), ("dev/B", "b${C}"), ("dev/C", "c${A}${B}"), ("dev/IN", "${A}!"));
        Assert.Equal(expected, world.Resolve(path));
    }

    [Fact]
    public void ReferencesAfterACycleAreStillExpanded()
    {
        ReferenceWorld world = new(("dev/A", "${B}"), ("dev/B", "${A}${C}${A}${C}"), ("dev/C", "c"));
        Assert.Equal("${A}c${A}c", world.Resolve("dev/A"));
    }

    [Fact]
    public void TheTenthReferenceIsExpandedAndTheEleventhStays()
    {
        ReferenceWorld world = new(Enumerable.Range(0, 15).Select(i => ($"dev/N{i}", $"{i},${{N{i + 1}}}")));
        ReferenceResolver resolver = world.Resolver();
        Assert.Equal("0,1,2,3,4,5,6,7,8,9,10,${N11}", world.Resolve(resolver, "dev/N0"));
        Assert.Equal(10, world.Opens);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"dev/N{i}"), resolver.Opened.Select(ReferenceWorld.Show));
        Assert.False(resolver.Exhausted);
    }

    [Fact]
    public void AnExpansionCutForDepthIsWholeInAShallowerPlace()
    {
        ReferenceWorld world = new(Enumerable.Range(0, 15).Select(i => ($"dev/N{i}", $"{i},${{N{i + 1}}}")));
        ReferenceResolver resolver = world.Resolver();
        Assert.EndsWith(",10,${N11}", world.Resolve(resolver, "dev/N0"));
        Assert.Equal("4,5,6,7,8,9,10,11,12,13,14,${N15}", world.Resolve(resolver, "dev/N4"));
        Assert.EndsWith(",11,${N12}", world.Resolve(resolver, "dev/N1"));
    }

    [Fact]
    public void AnExpansionMadeInsideACycleIsNotUsedOutsideIt()
    {
        ReferenceWorld world = new(("dev/A", "a${B}"), ("dev/B", "b${A}"), ("dev/C", "${B}"));
        ReferenceResolver resolver = world.Resolver();
        Assert.Equal("ab${A}", world.Resolve(resolver, "dev/A"));
        Assert.Equal("ba${B}", world.Resolve(resolver, "dev/B"));
        Assert.Equal("ba${B}", world.Resolve(resolver, "dev/C"));
        Assert.Equal("ab${A}", world.Resolve(resolver, "dev/A"));
    }

    [Fact]
    public void ATextThatIsNotTheOneAtItsAddressIsNoPartOfACycle()
    {
        ReferenceWorld world = new(("dev/A", "personal"), ("dev/B", "b ${A}"));
        ReferenceResolver resolver = world.Resolver();
        Assert.Equal("shared b personal personal", resolver.Resolve(ReferenceWorld.At("dev/A"), "shared ${B} ${A}"));
        Assert.Equal("b personal", world.Resolve(resolver, "dev/B"));
    }

    [Fact]
    public void EachSecretIsOpenedOnceAndReportedOnceHoweverItIsSpelled()
    {
        ReferenceWorld world = new(("dev/A", "${B}${demo.dev.B}${demo.dev.B}${C}${GONE}${GONE}"), ("dev/B", "b"), ("dev/C", "${B}${demo.prod.D}"), ("prod/D", "d"));
        ReferenceResolver resolver = world.Resolver();
        Assert.Equal("bbbbd${GONE}${GONE}", world.Resolve(resolver, "dev/A"));
        Assert.Equal("bbbbd${GONE}${GONE}", world.Resolve(resolver, "dev/A"));
        Assert.Equal(["dev/B", "dev/C", "prod/D"], resolver.Opened.Select(ReferenceWorld.Show));
        Assert.Equal(4, world.Opens);
        Assert.Equal(2, world.Locates);
    }
}
