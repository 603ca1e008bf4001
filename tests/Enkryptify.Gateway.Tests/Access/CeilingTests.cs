using CsCheck;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Tests.Access;

/// <summary>What may be lent at the moment of lending.</summary>
public class CeilingTests
{
    [Fact]
    public void What_is_lent_covers_nothing_that_the_lender_does_not_cover() =>
        Gen.Select(AccessGen.Roles, AccessGen.Scopes, AccessGen.Permissions, AccessGen.Scopes, AccessGen.Place).Sample((role, own, permission, lent, place) =>
        {
            if (Ceiling.Lacking(Right.OfMember(role, own), permission, lent, AccessGen.PlaceOf) is null)
            {
                Assert.True(!lent.Covers(place) || own.Covers(place));
                Assert.True(permission == Permission.Read || role != Role.Member);
            }
        }, iter: 100_000);

    [Fact]
    public void What_the_lender_holds_themselves_may_be_lent() =>
        Gen.Select(AccessGen.Roles.Where(role => role != Role.Member), AccessGen.Permissions, AccessGen.Place.Array[1, 4]).Sample((role, permission, places) =>
        {
            var own = Of(places);
            Assert.Null(Ceiling.Lacking(Right.OfMember(role, own), permission, own, AccessGen.PlaceOf));
        }, iter: 20_000);

    [Fact]
    public void A_part_of_what_the_lender_covers_may_be_lent() =>
        Gen.Select(AccessGen.Scopes, AccessGen.Place).Where((own, place) => place != Place.Workspace && own.Covers(place)).Sample((own, place) =>
            Assert.Null(LackingScope(own, Of([place]), AccessGen.PlaceOf)), iter: 20_000);

    [Fact]
    public void To_a_narrow_lender_an_unseen_id_and_none_at_all_are_the_same() =>
        Gen.Select(AccessGen.Union, AccessGen.Place.Where(place => place.Environment is not null)).Where((own, place) => !own.Covers(place)).Sample((own, place) =>
        {
            var unseen = LackingScope(own, Scope.Of([], [], [place.Environment!.Value]), AccessGen.PlaceOf);
            var none = LackingScope(own, Scope.Of([], [], [Guid.Empty]), AccessGen.PlaceOf);
            Assert.NotNull(unseen);
            Assert.Equal(unseen, none);
        }, iter: 20_000);

    [Fact]
    public void A_member_lends_read_alone_and_is_told_so()
    {
        var member = Right.OfMember(Role.Member, Scope.Everything);
        Assert.StartsWith("permission:", Ceiling.Lacking(member, Permission.ReadWrite, Scope.Everything, AccessGen.PlaceOf), StringComparison.Ordinal);
        Assert.Null(Ceiling.Lacking(member, Permission.Read, Scope.Everything, AccessGen.PlaceOf));
    }

    [Fact]
    public void The_words_name_the_first_entry_that_is_too_much()
    {
        var teams = AccessGen.Places.Where(place => AccessGen.LevelOf(place) == ScopeLevel.Team).Select(place => place.Team!.Value).ToArray();
        var own = Scope.Of([teams[0]], [], []);
        Assert.StartsWith("scope.teams[1]:", LackingScope(own, Scope.Of([teams[0], teams[1]], [], []), AccessGen.PlaceOf), StringComparison.Ordinal);
        Assert.StartsWith("scope.all:", LackingScope(own, Scope.Everything, AccessGen.PlaceOf), StringComparison.Ordinal);
    }

    /// <summary>Whoever may neither edit nor remove a member has less than that member somewhere; whoever may has as much everywhere.</summary>
    [Fact]
    public void Who_does_not_exceed_me_can_nowhere_do_what_I_cannot() =>
        Gen.Select(AccessGen.Roles, AccessGen.Scopes, AccessGen.Roles, AccessGen.Scopes).Sample((role, own, theirRole, their) =>
        {
            var (me, them) = (Right.OfMember(role, own), Right.OfMember(theirRole, their));
            var beyond = Enum.GetValues<Act>().Any(act => AccessGen.Places.Any(place => them.May(act, place) && !me.May(act, place)));
            var exceeds = Ceiling.Exceeds(me, theirRole, their, AccessGen.PlaceOf);
            Assert.True(!beyond || exceeds);
            Assert.True(beyond || !exceeds || theirRole > role || their.All);
        }, iter: 20_000);

    private static string? LackingScope(Scope own, Scope lent, Func<ScopeLevel, Guid, Place?> placeOf) =>
        Ceiling.Lacking(Right.OfMember(Role.Developer, own), Permission.Read, lent, placeOf);

    private static Scope Of(Place[] places)
    {
        return places.Contains(Place.Workspace) ? Scope.Everything : Scope.Of(Ids(ScopeLevel.Team), Ids(ScopeLevel.Project), Ids(ScopeLevel.Environment));

        IEnumerable<Guid> Ids(ScopeLevel level) => places.Where(place => AccessGen.LevelOf(place) == level).Select(place => AccessGen.IdOf(place)!.Value);
    }
}
