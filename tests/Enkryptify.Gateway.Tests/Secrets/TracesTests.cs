using System.Text;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Secrets;

/// <summary>The search itself: that it finds is what makes a canary that is not found mean something.</summary>
public class TracesTests
{
    private const string Text = "canary 7Q2+ö/value?";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_form_is_found_within_something_longer(int before)
    {
        var traces = new Traces(("it", Text));
        byte[] longer = [.. Encoding.UTF8.GetBytes("abcdef"[..before] + Text + "after")];
        Assert.NotEmpty(traces.In(longer));
        Assert.NotEmpty(traces.In(Convert.ToBase64String(longer)));
        Assert.NotEmpty(traces.In(Convert.ToBase64String(longer).Replace('+', '-').Replace('/', '_')));
        Assert.NotEmpty(traces.In(Convert.ToHexString(longer)));
        Assert.NotEmpty(traces.In(Convert.ToHexStringLower(longer)));
        Assert.NotEmpty(traces.In(Uri.EscapeDataString("before" + Text)));
        Assert.NotEmpty(traces.In(Encoding.Unicode.GetBytes("x" + Text)));
        Assert.Empty(traces.In("canary 7Q2 value"));
    }

    /// <summary>A name is no secret: it is stored and audited as it is, so the search must find it in both.</summary>
    [Fact]
    public async Task What_is_stored_in_the_clear_is_found()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        Assert.Equal(201, (await gateway.Operator.Post("/v1/workspace/acme/project/shop/secret", Json.Secret("FOUND_7Q2_BY_NAME", "x", [acme.ShopDev]))).Status);
        var found = new Traces(("name", "FOUND_7Q2_BY_NAME")).InData(gateway, running: true).ToList();
        Assert.Contains("gateway.db-wal: name as it is", found);
        Assert.Contains("secret.name: name as it is", found);
        Assert.Contains("audit_frame.entries: name as it is", found);
    }
}
