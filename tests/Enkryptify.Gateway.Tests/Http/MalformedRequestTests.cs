using System.Text;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Http;

/// <summary>
/// Acceptance line 8: bad input gets the right 4xx, the message names the field, and everything that the database holds is as it was. Sent byte by
/// byte, by a caller who could do all of it if only it were well-formed.
/// </summary>
public class MalformedRequestTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    public static TheoryData<string> Names => [.. MalformedRequests.All.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Gets_the_right_4xx_and_changes_nothing(string name)
    {
        var row = MalformedRequests.All.Single(row => row.Name == name);
        var before = TableDump.Of(shared.Gateway);
        var request = RawConnection.Request(
            $"{row.Method} {Filled(row.Path)}", row.Headers ?? ["Content-Type: application/json"], row.Body is null ? null : Filled(row.Body));
        var answer = await RawConnection.SendToSocket(shared.Gateway.Gateway.AdminSocketPath, request);
        Assert.True(answer.Status == row.Status, $"{answer.Status}: {answer.Body}");
        Assert.Equal(before, TableDump.Of(shared.Gateway));
        if (row.Names.Length == 0)
        {
            return;
        }

        Assert.Contains(row.Names, answer.Message, StringComparison.Ordinal);
        Assert.Equal(["code", "message", "requestId"], answer.Json.AsObject().Select(member => member.Key).Order());
        Assert.Matches("^[a-z_]+$", answer.Code);
        Assert.All(answer.Message, c => Assert.False(char.IsControl(c)));
    }

    /// <summary>The rows are told from good requests by what is wrong with them alone.</summary>
    [Fact]
    public async Task What_the_rows_spoil_is_good()
    {
        var (own, acme) = await TestGateway.StartWithAcme();
        await using var _ = own;
        var secret = Json.Secret("NEW", "v", [acme.ShopDev]);
        foreach (var (path, body) in new[] { ("/v1/workspace/acme/project/shop/secret", secret), ("/v1/workspace/acme/team", Json.Of(("name", "t"))) })
        {
            var request = RawConnection.Request($"POST {path}", ["Content-Type: application/json"], Encoding.UTF8.GetBytes(body.ToJsonString()));
            Assert.Equal(201, (await RawConnection.SendToSocket(own.Gateway.AdminSocketPath, request)).Status);
        }
    }

    [Fact]
    public void There_are_at_least_sixty_and_no_two_of_a_name()
    {
        var names = MalformedRequests.All.Select(row => row.Name).ToList();
        Assert.True(names.Count >= 60, $"{names.Count} rows");
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    private string Filled(string text) => text.Replace("{shopDev}", shared.Acme.ShopDev, StringComparison.Ordinal).Replace("{shopProd}", shared.Acme.ShopProd, StringComparison.Ordinal)
        .Replace("{bankDev}", shared.Acme.BankDev, StringComparison.Ordinal).Replace("{red}", shared.Acme.Red, StringComparison.Ordinal)
        .Replace("{green}", shared.Acme.Id("green"), StringComparison.Ordinal).Replace("{shop}", shared.Acme.Shop, StringComparison.Ordinal);

    /// <summary>Latin-1 keeps every byte as it is, those that are no text too.</summary>
    private byte[] Filled(byte[] body) => Encoding.Latin1.GetBytes(Filled(Encoding.Latin1.GetString(body)));
}
