using CsCheck;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Tests.Access;

/// <summary>The ceiling: whatever is lent, now or later, nobody can do through a credential what its creator cannot.</summary>
public class RightTests
{
    private static readonly Gen<Right> Members = Gen.Select(AccessGen.Roles, AccessGen.Scopes, Right.OfMember);

    [Fact]
    public void A_credential_never_exceeds_its_creator() =>
        Gen.Select(Members, AccessGen.Permissions, AccessGen.Scopes, AccessGen.Acts, AccessGen.Place).Sample((creator, permission, scope, act, place) =>
            Assert.True(!creator.Lend(permission, scope).May(act, place) || creator.May(act, place)), iter: 100_000);

    [Fact]
    public void A_credential_does_exactly_what_permission_scope_and_creator_all_allow() =>
        Gen.Select(AccessGen.Roles, AccessGen.Scopes, AccessGen.Permissions, AccessGen.Scopes, AccessGen.Acts, AccessGen.Place)
            .Sample((role, own, permission, scope, act, place) =>
            {
                var kind = act switch
                {
                    Act.ReadStructure or Act.ReadSecrets => true,
                    Act.WriteSecrets => permission == Permission.ReadWrite && role != Role.Member,
                    _ => false,
                };
                Assert.Equal(kind && own.Covers(place) && scope.Covers(place), Right.OfMember(role, own).Lend(permission, scope).May(act, place));
            }, iter: 100_000);

    [Fact]
    public void A_narrower_creator_makes_no_credential_wider() =>
        Gen.Select(AccessGen.Roles, AccessGen.Roles, AccessGen.Union, AccessGen.Union, AccessGen.Permissions, AccessGen.Scopes, AccessGen.Acts, AccessGen.Place)
            .Sample((a, b, own, more, permission, scope, act, place) =>
            {
                var wide = Scope.Of(own.Teams.Concat(more.Teams), own.Projects.Concat(more.Projects), own.Environments.Concat(more.Environments));
                var (lesser, greater) = a <= b ? (a, b) : (b, a);
                var before = Right.OfMember(greater, wide).Lend(permission, scope);
                var after = Right.OfMember(lesser, own).Lend(permission, scope);
                Assert.True(!after.May(act, place) || before.May(act, place));
            }, iter: 100_000);

    [Fact]
    public void A_greater_role_can_do_all_that_a_lesser_one_can() =>
        Gen.Select(AccessGen.Roles, AccessGen.Roles, AccessGen.Scopes, AccessGen.Acts, AccessGen.Place).Sample((a, b, scope, act, place) =>
            Assert.True(a > b || !Right.OfMember(a, scope).May(act, place) || Right.OfMember(b, scope).May(act, place)), iter: 50_000);

    [Fact]
    public void The_owner_may_everything_everywhere() =>
        Gen.Select(AccessGen.Acts, AccessGen.Place).Sample((act, place) => Assert.True(Right.Owner.May(act, place)));

    /// <summary>The table of contract section 1, cell by cell.</summary>
    [Theory]
    [InlineData("admin", "ReadStructure ManageStructure ReadSecrets WriteSecrets ManageCredentials ManageOthersCredentials ManageMembers ManageIssuers ManageAllowList ReadAudit")]
    [InlineData("developer", "ReadStructure ReadSecrets WriteSecrets ManageCredentials")]
    [InlineData("member", "ReadStructure ReadSecrets ManageCredentials")]
    public void A_person_of_each_role_may(string role, string acts)
    {
        var person = Right.OfMember(AccessNames.ParseRole(role)!.Value, Scope.Everything);
        Assert.Equal(acts.Split(' ').Order(), Enum.GetValues<Act>().Where(person.Allows).Select(act => act.ToString()).Order());
    }

    [Theory]
    [InlineData("admin", "read-write", "ReadStructure ReadSecrets WriteSecrets")]
    [InlineData("developer", "read-write", "ReadStructure ReadSecrets WriteSecrets")]
    [InlineData("member", "read-write", "ReadStructure ReadSecrets")]
    [InlineData("admin", "read", "ReadStructure ReadSecrets")]
    [InlineData("member", "read", "ReadStructure ReadSecrets")]
    public void A_credential_of_each_may(string role, string permission, string acts)
    {
        var credential = Right.OfMember(AccessNames.ParseRole(role)!.Value, Scope.Everything).Lend(AccessNames.ParsePermission(permission)!.Value, Scope.Everything);
        Assert.Equal(acts.Split(' ').Order(), Enum.GetValues<Act>().Where(credential.Allows).Select(act => act.ToString()).Order());
    }

    [Fact]
    public void The_wires_words_read_back()
    {
        Assert.All(Enum.GetValues<Role>(), role => Assert.Equal(role, AccessNames.ParseRole(role.Wire())));
        Assert.All(Enum.GetValues<Permission>(), permission => Assert.Equal(permission, AccessNames.ParsePermission(permission.Wire())));
        Assert.All(new[] { null, "", "Admin", "owner", "read-write ", "READ" }, text =>
        {
            Assert.Null(AccessNames.ParseRole(text));
            Assert.Null(AccessNames.ParsePermission(text));
        });
    }
}
