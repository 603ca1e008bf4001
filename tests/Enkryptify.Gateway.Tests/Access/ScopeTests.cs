using CsCheck;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Tests.Access;

/// <summary>The laws of <see cref="Scope"/>: a union that cascades downward, and only downward.</summary>
public class ScopeTests
{
    [Fact]
    public void What_covers_a_place_covers_all_that_lies_in_it() =>
        Gen.Select(AccessGen.Scopes, AccessGen.Place, AccessGen.Place).Sample((scope, outer, inner) =>
            Assert.True(!AccessGen.IsWithin(inner, outer) || !scope.Covers(outer) || scope.Covers(inner)), iter: 50_000);

    [Fact]
    public void A_place_is_covered_exactly_when_it_or_a_parent_of_it_is_listed() =>
        Gen.Select(AccessGen.Scopes, AccessGen.Place).Sample((scope, place) => Assert.Equal(Oracle(scope, place), scope.Covers(place)), iter: 50_000);

    [Fact]
    public void A_union_covers_what_one_of_its_parts_covers() =>
        Gen.Select(AccessGen.Union, AccessGen.Union, AccessGen.Place).Sample((a, b, place) =>
        {
            var both = Scope.Of(a.Teams.Concat(b.Teams), a.Projects.Concat(b.Projects), a.Environments.Concat(b.Environments));
            Assert.Equal(a.Covers(place) || b.Covers(place), both.Covers(place));
        }, iter: 50_000);

    [Fact]
    public void Only_all_covers_the_workspace_itself() =>
        AccessGen.Scopes.Sample(scope => Assert.Equal(scope.All, scope.Covers(Place.Workspace)), iter: 10_000);

    [Fact]
    public void Nothing_covers_nothing() => AccessGen.Place.Sample(place => Assert.False(Scope.Nothing.Covers(place)));

    [Fact]
    public void An_environment_entry_reaches_that_environment_alone() =>
        Gen.Select(AccessGen.Place.Where(place => place.Environment is not null), AccessGen.Place).Sample((listed, place) =>
            Assert.Equal(place == listed, Scope.Of([], [], [listed.Environment!.Value]).Covers(place)), iter: 10_000);

    [Fact]
    public void An_id_counts_only_at_its_own_level() =>
        AccessGen.Place.Where(place => place != Place.Workspace).Sample(place =>
        {
            var id = AccessGen.IdOf(place)!.Value;
            var level = AccessGen.LevelOf(place);
            Assert.Equal(level == ScopeLevel.Team, Scope.Of([id], [], []).Covers(place));
            Assert.Equal(level == ScopeLevel.Project, Scope.Of([], [id], []).Covers(place));
            Assert.Equal(level == ScopeLevel.Environment, Scope.Of([], [], [id]).Covers(place));
        });

    [Fact]
    public void Its_stored_form_reads_back_the_same() => Gen.Select(AccessGen.Scopes, AccessGen.Place).Sample((scope, place) =>
    {
        var read = Scope.FromJson(scope.ToJson());
        Assert.Equal(scope, read);
        Assert.Equal(scope.GetHashCode(), read.GetHashCode());
        Assert.Equal(scope.Covers(place), read.Covers(place));
    }, iter: 10_000);

    [Fact]
    public void Order_and_repetition_do_not_matter() => AccessGen.Union.Sample(scope => Assert.Equal(
        scope,
        Scope.Of(scope.Teams.Reverse().Concat(scope.Teams), scope.Projects.Reverse().Concat(scope.Projects), scope.Environments.Reverse().Concat(scope.Environments))));

    /// <summary>The rule in words: everything, or some step from the place up to its team is listed under its own kind.</summary>
    private static bool Oracle(Scope scope, Place place)
    {
        if (scope.All)
        {
            return true;
        }

        for (var at = place; at != Place.Workspace; at = AccessGen.Parent(at))
        {
            var listed = AccessGen.LevelOf(at) switch
            {
                ScopeLevel.Team => scope.Teams,
                ScopeLevel.Project => scope.Projects,
                _ => scope.Environments,
            };
            if (listed.Contains(AccessGen.IdOf(at)!.Value))
            {
                return true;
            }
        }

        return false;
    }
}
