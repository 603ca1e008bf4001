using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Access;

/// <summary>Members of acme with different reach.</summary>
public sealed class LendingWorld : SharedAcme
{
    /// <summary>A <c>member</c> of the whole workspace.</summary>
    internal Person Member { get; private set; } = null!;

    internal Person RedDeveloper { get; private set; } = null!;

    internal Person RedAdmin { get; private set; } = null!;

    internal Person ShopDevDeveloper { get; private set; } = null!;

    internal Person BlueMember { get; private set; } = null!;

    /// <summary>Within team red but for one environment.</summary>
    internal Person MixedMember { get; private set; } = null!;

    internal string OwnersMemberId { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var people = Gateway.People;
        Member = await people.Join("member");
        RedDeveloper = await people.Join("developer", Json.Scope(teams: [Acme.Red]));
        RedAdmin = await people.Join("admin", Json.Scope(teams: [Acme.Red]));
        ShopDevDeveloper = await people.Join("developer", Json.Scope(environments: [Acme.ShopDev]));
        BlueMember = await people.Join("member", Json.Scope(teams: [Acme.Blue]));
        MixedMember = await people.Join("member", Json.Scope(teams: [Acme.Red], environments: [Acme.BankDev]));
        OwnersMemberId = (await people.Owner()).MemberId;
    }
}
