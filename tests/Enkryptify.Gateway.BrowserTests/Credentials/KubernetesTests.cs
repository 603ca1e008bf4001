using Enkryptify.Gateway.BrowserTests.Rig;
using Enkryptify.Gateway.Tests.Exchange.Oidc;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.Credentials;

/// <summary>A workload is registered with its cluster's keys, proves itself, and is revoked.</summary>
public class KubernetesTests(Stage stage)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_workload_is_registered_used_and_revoked(bool scripts)
    {
        var (house, name) = (stage.House, $"web <u>{scripts}</u>");
        using var cluster = new Cluster($"https://cluster-{(scripts ? 1 : 0)}.test");
        var token = cluster.Token(house.Gateway.Clock.GetUtcNow());
        await house.Browse(house.Owner, async tab =>
        {
            await tab.Go("/w/acme/credentials/new");
            await tab.Page.GetByText("Kubernetes").First.ClickAsync();
            await tab.Fill("Name", name);
            if (await tab.Page.Locator("select[name=issuer]").CountAsync() > 0)
            {
                await tab.Page.Locator("select[name=issuer]").SelectOptionAsync("new");
            }

            await tab.Page.Locator("#f-issuerUrl").FillAsync(cluster.Url);
            await tab.Page.Locator("#f-jwks").FillAsync(cluster.Jwks.ToJsonString());
            await tab.Page.Locator("input[name=workload][value=account]").CheckAsync();
            await tab.Page.Locator("#f-namespace").FillAsync("shop");
            await tab.Page.Locator("#f-serviceAccount").FillAsync("web");
            await tab.Page.Locator("#f-audience").FillAsync(Cluster.Audience);
            await tab.Page.Locator("input[name=access][value=chosen]").CheckAsync();
            await tab.Page.Locator($".tree input[value='{house.Acme.ShopDev}']").CheckAsync();
            await tab.Press("Register workload");
            await tab.Sees($"{name} is registered.");
            await tab.Sees(Cluster.Subject);
            var answer = await house.Gateway.Anonymous.Post("/v1/auth/oidc/exchange", Json.Of(("token", token), ("workspaceId", "acme")));
            Assert.True(answer.Status == 200, answer.Body);
            var workload = house.Gateway.Bearer(answer.Json["accessToken"]!.GetValue<string>());
            Assert.Equal(200, (await workload.Get($"/v1/workspace/acme/project/shop/secret/KEY?environmentId={house.Acme.ShopDev}")).Status);
            Assert.Equal(404, (await workload.Get($"/v1/workspace/acme/project/shop/secret/KEY?environmentId={house.Acme.ShopProd}")).Status);

            await tab.Go("/w/acme/credentials");
            await tab.Choose(name, "Revoke…");
            await tab.Press("Revoke");
            await tab.IsAt("/w/acme/credentials");
            Assert.Equal(401, (await workload.Get("/v1/me")).Status);
            Assert.Equal(401, (await house.Gateway.Anonymous.Post("/v1/auth/oidc/exchange", Json.Of(("token", token), ("workspaceId", "acme")))).Status);
        }, scripts);
    }
}
