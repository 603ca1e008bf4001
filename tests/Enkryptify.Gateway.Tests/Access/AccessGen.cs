using CsCheck;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Tests.Access;

/// <summary>Small random workspaces, so that scopes and places meet often: 3 teams of up to 3 projects of up to 3 environments.</summary>
internal static class AccessGen
{
    /// <summary>Every place of the workspace, the workspace itself first.</summary>
    public static readonly Place[] Places = [.. Grown()];

    public static readonly Gen<Place> Place = Gen.Int[0, Places.Length - 1].Select(i => Places[i]);

    public static readonly Gen<Scope> Union = Gen.Select(Ids(ScopeLevel.Team), Ids(ScopeLevel.Project), Ids(ScopeLevel.Environment), (t, p, e) => Scope.Of(t, p, e));

    /// <summary>Also scopes that name nothing, or what exists no more.</summary>
    public static readonly Gen<Scope> Scopes = Gen.Frequency((1, Gen.Const(Scope.Everything)), (1, Gen.Const(Scope.Nothing)), (6, Union));

    public static readonly Gen<Role> Roles = Gen.Enum<Role>();

    public static readonly Gen<Permission> Permissions = Gen.Enum<Permission>();

    public static readonly Gen<Act> Acts = Gen.Enum<Act>();

    /// <summary>The lineage of an id, as a workspace's tree would give it.</summary>
    public static Place? PlaceOf(ScopeLevel level, Guid id) => Places.Where(place => LevelOf(place) == level && IdOf(place) == id).Select(place => (Place?)place).FirstOrDefault();

    public static ScopeLevel? LevelOf(Place place) =>
        place.Environment is not null ? ScopeLevel.Environment : place.Project is not null ? ScopeLevel.Project : place.Team is not null ? ScopeLevel.Team : null;

    public static Guid? IdOf(Place place) => place.Environment ?? place.Project ?? place.Team;

    /// <summary>The place one level up; the workspace's is itself.</summary>
    public static Place Parent(Place place) =>
        place.Environment is not null ? new Place(place.Team, place.Project, null) : place.Project is not null ? new Place(place.Team, null, null) : default;

    public static bool IsWithin(Place inner, Place outer) => inner == outer || (inner != default && IsWithin(Parent(inner), outer));

    private static Gen<Guid[]> Ids(ScopeLevel level)
    {
        Guid[] existing = [.. Places.Where(place => LevelOf(place) == level).Select(place => IdOf(place)!.Value), Id(9_000), Id(9_001)];
        return Gen.Int[0, existing.Length - 1].Select(i => existing[i]).Array[0, 3];
    }

    private static IEnumerable<Place> Grown()
    {
        yield return default;
        var next = 1;
        for (var t = 0; t < 3; t++)
        {
            var team = Id(next++);
            yield return new Place(team, null, null);
            for (var p = 0; p < t + 1; p++)
            {
                var project = Id(next++);
                yield return new Place(team, project, null);
                for (var e = 0; e < p + t; e++)
                {
                    yield return new Place(team, project, Id(next++));
                }
            }
        }
    }

    private static Guid Id(int number) => new(number, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0);
}
