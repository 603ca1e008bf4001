using CsCheck;
using Enkryptify.Gateway.Secrets.References;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>The resolver against the rules as written, over small worlds full of cycles, with a depth limit they reach.</summary>
public class ReferencePropertyTests
{
    private static readonly string[] Paths = ["dev/A", "dev/B", "dev/C", "dev/D", "prod/A", "prod/B"];

    private static readonly Gen<string> Text = Gen.OneOf(
        "x", "é", "$", "${", "}", "${A}", "${B}", "${C}", "${D}", "${demo.dev.A}", "${demo.prod.A}", "${demo.prod.B}", "${GONE}", "${demo.gone.A}").Array[1, 4].Select(string.Concat);

    /// <summary>Two to six secrets, each of which may name any, itself included, and ones that are not there.</summary>
    internal static readonly Gen<(string Path, string Text)[]> Worlds =
        Gen.Select(Gen.Shuffle(Paths), Text.Array[2, 6], (paths, texts) => texts.Select((text, i) => (paths[i], text)).ToArray());

    private static ReferenceLimits Deep(int depth) => new(depth, References: int.MaxValue, Bytes: long.MaxValue);

    [Fact]
    public void AgreesWithTheRulesWhateverWasResolvedBefore() =>
        Gen.Select(Worlds, Gen.Int[1, 6], Gen.Int[0, 5].Array[1, 12]).Sample((texts, depth, order) =>
        {
            ReferenceWorld world = new(texts);
            ReferenceResolver shared = world.Resolver(Deep(depth));
            foreach (int i in order)
            {
                string path = texts[i % texts.Length].Path;
                Assert.Equal(world.Oracle(path, depth), world.Resolve(shared, path));
            }

            Assert.False(shared.Exhausted);
        }, iter: 20_000);

    /// <summary>Chains and diamonds without cycles, in which remembered expansions are what is mostly used.</summary>
    [Fact]
    public void AgreesWithTheRulesWithoutCycles() =>
        Gen.Select(Gen.Int[0, 7].Array[0, 3].Array[8], Gen.Int[1, 9], Gen.Shuffle(Enumerable.Range(0, 8).ToArray())).Sample((names, depth, order) =>
        {
            ReferenceWorld world = new(names.Select((below, i) => ($"dev/N{i}", $"{i}(" + string.Concat(below.Where(n => n < i).Select(n => $"${{N{n}}}")) + ")")));
            ReferenceResolver shared = world.Resolver(Deep(depth));
            foreach (int i in order)
            {
                Assert.Equal(world.Oracle($"dev/N{i}", depth), world.Resolve(shared, $"dev/N{i}"));
            }
        }, iter: 5_000);

    /// <summary>Within the budgets, a text's answer is the same alone as after any others, a text that differs from the one at its address included.</summary>
    [Fact]
    public void ATextResolvesTheSameAloneAsAfterOthers() =>
        Gen.Select(Worlds, Gen.Select(Gen.OneOf(Paths), Text).Array[1, 6], Gen.Int[1, 6]).Sample((texts, asked, depth) =>
        {
            ReferenceWorld world = new(texts);
            ReferenceResolver shared = world.Resolver(Deep(depth));
            foreach ((string path, string text) in asked)
            {
                string alone = world.Resolver(Deep(depth)).Resolve(ReferenceWorld.At(path), text);
                Assert.Equal(alone, shared.Resolve(ReferenceWorld.At(path), text));
            }
        }, iter: 20_000);
}
