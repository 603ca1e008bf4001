using System.Collections.Concurrent;
using CsCheck;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;
using static Enkryptify.Gateway.Tests.Access.NaiveOracle;

namespace Enkryptify.Gateway.Tests.Access;

/// <summary>
/// No credential may ever do what its creator may not: the program's rules against the naive ones of <see cref="NaiveOracle"/>, over random people,
/// scopes, credentials, later changes, acts and targets. Each test also counts what was answered, so that a generator that tries nothing fails.
/// </summary>
public class CeilingPropertyTests
{
    private const int Cases = 100_000;
    private readonly ConcurrentDictionary<string, int> seen = new();

    [Fact]
    public void A_credential_may_do_what_it_and_its_creator_may_now_and_nothing_else()
    {
        AccessCase.All.Sample(one =>
        {
            var tree = one.TreeLater;
            var (machine, creator) = (Answer(one.Machine, tree, one), Answer(one.Login, tree, one));
            Assert.Equal(MayTouchSecrets(one.Later, one.Key, one.Deed, one.Target), machine);
            Assert.Equal(MayTouchSecrets(one.Later, one.CreatorLater, one.Deed, one.Target), creator);
            Assert.False(machine == Yes && creator != Yes, "The credential may do what its creator may not.");
            Saw($"{one.Deed} machine {machine} creator {creator}");
        }, iter: Cases);
        SawAll(
            "read machine yes creator yes", "read machine 404 creator yes", "read machine 404 creator 404", "write machine yes creator yes", "write machine 403 creator yes",
            "write machine 403 creator 403", "write machine 404 creator yes", "personal machine 403 creator yes", "personal machine 404 creator 404");
    }

    [Fact]
    public void Nobody_makes_a_credential_that_by_itself_would_be_more_than_they_are()
    {
        AccessCase.All.Sample(one =>
        {
            var tree = one.Tree;
            var lender = tree.RightOf(((LoginCaller)one.Login).User.Id)!;
            var lacking = Ceiling.Lacking(lender, one.Permission, one.Scope, tree.PlaceOf);
            Assert.Equal(MayMake(one.World, one.Creator, one.Key.Permission, one.Key.Reach), lacking is null);
            Saw(lacking is null ? "made" : lacking.Split(':', '[')[0]);
            if (lacking is null)
            {
                var alone = Right.Owner.Lend(one.Permission, one.Scope);
                foreach (var (id, _) in one.World.Environments)
                {
                    var place = tree.Environment(id)!.Place;
                    Require(!alone.May(Act.ReadSecrets, place) || lender.May(Act.ReadSecrets, place));
                    Require(!alone.May(Act.WriteSecrets, place) || lender.May(Act.WriteSecrets, place));
                }
            }
        }, iter: Cases);
        SawAll("made", "permission", "scope.all", "scope.teams", "scope.projects", "scope.environments");
    }

    [Fact]
    public void What_shows_of_a_workspace_is_what_both_reach_with_the_parents_on_the_way()
    {
        AccessCase.All.Sample(one =>
        {
            var tree = one.TreeLater;
            if (one.CreatorLater is null)
            {
                Assert.Null(one.Machine.RightIn(tree));
                Assert.Null(one.Login.RightIn(tree));
                Saw("removed");
                return;
            }

            var (machine, creator) = (Shown(new WorkspaceView(tree, one.Machine.RightIn(tree)!)), Shown(new WorkspaceView(tree, one.Login.RightIn(tree)!)));
            Same(Visible(one.Later, one.Key), machine);
            Same(Visible(one.Later, one.CreatorLater.Reach), creator);
            Require(machine.Teams.IsSubsetOf(creator.Teams) && machine.Projects.IsSubsetOf(creator.Projects) && machine.Environments.IsSubsetOf(creator.Environments));
            Saw(machine.Environments.Count == 0 ? "nothing" : machine.Environments.Count == creator.Environments.Count ? "as its creator" : "less than its creator");
        }, iter: Cases);
        SawAll("removed", "nothing", "as its creator", "less than its creator");
    }

    /// <summary>Who edits or removes a member, and who lends a role and a scope to one.</summary>
    [Fact]
    public void Nobody_touches_a_member_whose_right_exceeds_their_own_nor_lends_more_than_it()
    {
        AccessCase.All.Sample(one =>
        {
            var (tree, editor) = (one.Tree, AccessCase.RightOf(one.Creator));
            var (role, scope) = (AccessNames.ParseRole(one.Other.Role)!.Value, AccessCase.ScopeOf(one.Other.Reach));
            var exceeds = Ceiling.Exceeds(editor, role, scope, tree.PlaceOf);
            Assert.Equal(!Covers(one.World, one.Creator, one.Other), exceeds);
            var lends = role <= editor.Role && Ceiling.Lacking(editor, Permission.Read, scope, tree.PlaceOf) is null;
            Assert.Equal(Covers(one.World, one.Creator, one.Other) && (one.Creator.Reach.All || IsThere(one.World, one.Other.Reach)), lends);
            Saw(exceeds ? "exceeds" : lends ? "lends" : "covers what is no more");
        }, iter: Cases);
        SawAll("exceeds", "lends", "covers what is no more");
    }

    /// <summary>Finite, so all of it: contract section 1, "what a credential may call".</summary>
    [Fact]
    public void A_credential_manages_nothing_whoever_made_it_and_of_people_each_what_their_role_manages()
    {
        foreach (var role in Enum.GetValues<Role>())
        {
            var person = Right.OfMember(role, Scope.Everything);
            foreach (var act in Enum.GetValues<Act>())
            {
                var (secrets, own) = (act is Act.ReadStructure or Act.ReadSecrets or Act.WriteSecrets, act == Act.ManageCredentials);
                Assert.False(!secrets && (person.Lend(Permission.ReadWrite, Scope.Everything).Allows(act) || Right.Owner.Lend(Permission.ReadWrite, Scope.Everything).Allows(act)));
                Assert.Equal(role == Role.Admin || own || act is Act.ReadStructure or Act.ReadSecrets || (act == Act.WriteSecrets && role == Role.Developer), person.Allows(act));
            }
        }
    }

    private static string Answer(Caller caller, WorkspaceTree tree, AccessCase one)
    {
        var place = tree.Environment(one.Target)!.Place;
        return caller.RightIn(tree) is not { } right || !right.Covers(place) ? Missing : one.Deed switch
        {
            "read" => right.May(Act.ReadSecrets, place),
            "write" => right.May(Act.WriteSecrets, place),
            _ => right.May(Act.ReadSecrets, place) && caller.WritesPersonalOf is not null,
        } ? Yes : Forbidden;
    }

    /// <summary>What is listed; and what is listed can be asked for, what is not listed cannot.</summary>
    private static (HashSet<Guid> Teams, HashSet<Guid> Projects, HashSet<Guid> Environments) Shown(WorkspaceView view)
    {
        var teams = view.Teams.Select(team => team.Id).ToHashSet();
        var projects = view.Teams.SelectMany(view.ProjectsOf).ToDictionary(project => project.Id);
        var environments = projects.Values.SelectMany(view.EnvironmentsOf).Select(environment => environment.Id).ToHashSet();
        foreach (var team in view.Tree.Teams)
        {
            Require(teams.Contains(team.Id) == (view.Team(team.Id) is not null));
            foreach (var project in team.Projects)
            {
                Require(projects.ContainsKey(project.Id) == (view.Project(project.Id.ToString()) is not null) && view.Project(project.Slug) == view.Project(project.Id.ToString()));
                foreach (var environment in project.Environments)
                {
                    Require(environments.Contains(environment.Id) == (view.Environment(project, environment.Id.ToString()) is not null));
                }
            }
        }

        return (teams, [.. projects.Keys], environments);
    }

    private static void Same(
        (HashSet<Guid> Teams, HashSet<Guid> Projects, HashSet<Guid> Environments) expected, (HashSet<Guid> Teams, HashSet<Guid> Projects, HashSet<Guid> Environments) actual) =>
        Require(expected.Teams.SetEquals(actual.Teams) && expected.Projects.SetEquals(actual.Projects) && expected.Environments.SetEquals(actual.Environments));

    /// <summary>An assertion for the loops that run millions of times.</summary>
    private static void Require(bool holds, [System.Runtime.CompilerServices.CallerLineNumber] int line = 0)
    {
        if (!holds)
        {
            Assert.Fail($"Does not hold: line {line}.");
        }
    }

    private void Saw(string what) => seen.AddOrUpdate(what, 1, static (_, count) => count + 1);

    private void SawAll(params string[] kinds)
    {
        Assert.True(seen.Values.Sum() >= 100_000, "Too few cases.");
        Assert.All(kinds, kind => Assert.True(seen.GetValueOrDefault(kind) > Cases / 1000, $"{kind}: {seen.GetValueOrDefault(kind)} of {Cases}"));
    }
}
