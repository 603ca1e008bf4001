using System.Text;
using CsCheck;
using Enkryptify.Gateway.Secrets.References;

namespace Enkryptify.Gateway.Tests.Secrets;

public class ReferenceBudgetTests
{
    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    [Fact]
    public void OfThirteenThousandReferencesTheFirstThousandAreExpanded()
    {
        ReferenceWorld world = new(("dev/A", Repeat("${B}", 13_000)), ("dev/B", "b"), ("dev/C", "${B}"));
        ReferenceResolver resolver = world.Resolver();
        Assert.Equal(Repeat("b", 1_000) + Repeat("${B}", 12_000), world.Resolve(resolver, "dev/A"));
        Assert.True(resolver.Exhausted);
        Assert.Equal("${B}", world.Resolve(resolver, "dev/C"));
        Assert.Equal(1, world.Opens);
    }

    [Fact]
    public void ExactlyAThousandIsNotTooMany()
    {
        ReferenceWorld world = new(("dev/A", Repeat("${B}", 1_000)), ("dev/B", "b"));
        ReferenceResolver resolver = world.Resolver();
        Assert.Equal(Repeat("b", 1_000), world.Resolve(resolver, "dev/A"));
        Assert.False(resolver.Exhausted);
    }

    [Fact]
    public void TenThousandTextsShareTheBudgetInTheirOrder()
    {
        ReferenceWorld world = new([("dev/B", "b"), .. Enumerable.Range(0, 10_000).Select(i => ($"dev/S{i}", $"{i}${{B}}"))]);
        ReferenceResolver resolver = world.Resolver();
        for (int i = 0; i < 10_000; i++)
        {
            Assert.Equal(i < 1_000 ? $"{i}b" : $"{i}${{B}}", world.Resolve(resolver, $"dev/S{i}"));
        }
    }

    [Fact]
    public void UnknownReferencesCountAndAreAskedForOnce()
    {
        ReferenceWorld world = new(("dev/A", Repeat("${GONE}${demo.gone.B}", 499) + "${B}${B}${B}"), ("dev/B", "b"));
        Assert.Equal(Repeat("${GONE}${demo.gone.B}", 499) + "bb${B}", world.Resolve("dev/A"));
        Assert.Equal(2, world.Opens);
        Assert.Equal(1, world.Locates);
    }

    [Fact]
    public void ATextFillsTheMebibyteToTheLastByteAndNoFurther()
    {
        string block = Repeat("é", 32 * 1024);
        ReferenceWorld world = new(("dev/A", Repeat("${B}", 17) + "${ONE}"), ("dev/B", block), ("dev/ONE", "1"), ("dev/C", Repeat("${B}", 16) + "${ONE}"));
        Assert.Equal(Repeat(block, 16) + "${B}${ONE}", world.Resolve("dev/A"));
        ReferenceResolver resolver = world.Resolver();
        Assert.Equal(Repeat(block, 16) + "${ONE}", world.Resolve(resolver, "dev/C"));
        Assert.True(resolver.Exhausted);
    }

    /// <summary>A text is charged with its references as written (<c>&lt;${C}&gt;</c> is 6); what takes a reference's place gives its 4 back (6 - 4 + 6).</summary>
    [Theory]
    [InlineData(5, "${B}")]
    [InlineData(6, "<${C}>")]
    [InlineData(7, "<${C}>")]
    [InlineData(8, "<[b]>")]
    public void NestingCostsTheDifference(int bytes, string expected)
    {
        ReferenceWorld world = new(("dev/A", "${B}"), ("dev/B", "<${C}>"), ("dev/C", "[${D}]"), ("dev/D", "b"));
        Assert.Equal(expected, world.Resolve(world.Resolver(new ReferenceLimits(10, 10, bytes)), "dev/A"));
    }

    [Fact]
    public void WhatIsGivenBackIsThereForTheNext()
    {
        ReferenceWorld world = new(("dev/A", "${B}${C}"), ("dev/B", "${D}"), ("dev/C", "ccc"), ("dev/D", "d"));
        Assert.Equal("dccc", world.Resolve(world.Resolver(new ReferenceLimits(10, 10, 4)), "dev/A"));
        Assert.Equal("${B}${C}", world.Resolve(world.Resolver(new ReferenceLimits(10, 10, 3)), "dev/A"));
    }

    [Fact]
    public void WhenANestedTextDoesNotFitTheOuterOneStandsWithItsReferenceAsWritten()
    {
        ReferenceWorld world = new(("dev/A", "${B}${C}"), ("dev/B", "<${LONG}${C}>"), ("dev/LONG", Repeat("x", 50)), ("dev/C", "c"));
        Assert.Equal("<${LONG}${C}>${C}", world.Resolve(world.Resolver(new ReferenceLimits(10, 10, 40)), "dev/A"));
    }

    [Fact]
    public void ARememberedExpansionThatDoesNotFitStays()
    {
        ReferenceWorld world = new(("dev/A", "${B}${B}${B}"), ("dev/B", "${C}"), ("dev/C", Repeat("c", 10)));
        Assert.Equal(Repeat("c", 20) + "${B}", world.Resolve(world.Resolver(new ReferenceLimits(10, 10, 29)), "dev/A"));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(40)]
    public void ABillionLaughsEndAtTheMebibyte(int levels)
    {
        ReferenceWorld world = new([("dev/L0", "lol"), .. Enumerable.Range(1, levels).Select(i => ($"dev/L{i}", Repeat($"${{L{i - 1}}}", 10)))]);
        ReferenceResolver resolver = world.Resolver();
        string answer = world.Resolve(resolver, $"dev/L{levels}");
        Assert.InRange(answer.Length, 1, (1 << 20) + 60);
        Assert.True(resolver.Exhausted);
        Assert.True(world.Opens <= 10);
        Assert.Equal($"${{L{levels - 1}}}", world.Resolve(resolver, $"dev/L{levels}")[..($"${{L{levels - 1}}}".Length)]);
    }

    /// <summary>Every secret names every other: as many ways as permutations, of which a request walks a thousand references.</summary>
    [Fact]
    public void AThicketOfCyclesIsBounded()
    {
        string all = string.Concat(Enumerable.Range(0, 60).Select(i => $"${{S{i}}}"));
        ReferenceWorld world = new(Enumerable.Range(0, 60).Select(i => ($"dev/S{i}", all)));
        ReferenceResolver resolver = world.Resolver();
        foreach (int i in Enumerable.Range(0, 60))
        {
            Assert.NotEmpty(world.Resolve(resolver, $"dev/S{i}"));
        }

        Assert.True(resolver.Exhausted);
        Assert.InRange(world.Opens, 1, 60);
    }

    /// <summary>What resolution adds over all texts never exceeds the budget, and the same texts in the same order give the same answers.</summary>
    [Fact]
    public void AnyWorldKeepsToItsBudgets() =>
        Gen.Select(ReferencePropertyTests.Worlds, Gen.Int[0, 12], Gen.Int[0, 60]).Sample((texts, references, bytes) =>
        {
            ReferenceLimits limits = new(10, references, bytes);
            ReferenceWorld world = new(texts);
            ReferenceResolver resolver = world.Resolver(limits);
            ReferenceResolver again = world.Resolver(limits);
            int inserted = 0;
            foreach ((string path, _) in texts)
            {
                string reference = $"${{demo.{path.Replace('/', '.')}}}";
                string answer = resolver.Resolve(ReferenceWorld.At("dev/ROOT"), reference);
                Assert.Equal(answer, again.Resolve(ReferenceWorld.At("dev/ROOT"), reference));
                inserted += answer == reference ? 0 : Encoding.UTF8.GetByteCount(answer);
                Assert.True(inserted <= bytes);
            }

            Assert.True(resolver.Opened.Count <= references);
        }, iter: 5_000);
}
