using Enkryptify.Gateway.Tests.Exchange.Oidc;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Operations;

/// <summary>Answers about issuers and identities against the document.</summary>
public class OpenApiOidcTests
{
    [Fact]
    public async Task Answers_are_as_described()
    {
        var (gateway, _) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        var document = await ApiDocument.Of(gateway);
        using var cluster = new Cluster("https://document.test");
        const string issuers = "/v1/workspace/{ws}/issuer", identities = "/v1/workspace/{ws}/oidc";
        var api = gateway.Operator;
        var issuer = await Check("POST", issuers, "", await api.Post("/v1/workspace/acme/issuer", Json.Of(("name", "a"), ("url", cluster.Url), ("jwks", cluster.Jwks))));
        var id = issuer.Json["id"]!.GetValue<string>();
        await Check("GET", issuers, "", await api.Get("/v1/workspace/acme/issuer"));
        await Check("PATCH", issuers, "/{id}", await api.Patch($"/v1/workspace/acme/issuer/{id}", Json.Of(("name", "b"))));
        await Check("PUT", issuers, "/{id}/keys", await api.Put($"/v1/workspace/acme/issuer/{id}/keys", Json.Of(("jwks", cluster.Jwks))));
        var identity = await Check("POST", identities, "", await api.Post("/v1/workspace/acme/oidc", cluster.Registration()));
        await Check("GET", identities, "", await api.Get("/v1/workspace/acme/oidc"));
        var token = cluster.Token(gateway.Clock.GetUtcNow());
        await Check("POST", identities, "/test", await api.Post("/v1/workspace/acme/oidc/test", Json.Of(("token", token))));
        await Check("POST", identities, "/test", await api.Post("/v1/workspace/acme/oidc/test", Json.Of(("token", "x"))));
        await Check("POST", "/v1/auth/oidc/exchange", "", await gateway.Oidc(token));
        await gateway.Machine();
        await Check("GET", "/v1/workspace/{ws}/credentials", "", await api.Get("/v1/workspace/acme/credentials"));
        foreach (var (code, answer) in new[]
        {
            ("issuer_in_use", await Check("DELETE", issuers, "/{id}", await api.Delete($"/v1/workspace/acme/issuer/{id}"), 409)),
            ("identity_exists", await Check("POST", identities, "", await api.Post("/v1/workspace/acme/oidc", cluster.Registration()), 409)),
            ("issuer_not_found", await Check("DELETE", issuers, "/{id}", await api.Delete("/v1/workspace/acme/issuer/x"), 404)),
            ("identity_not_found", await Check("DELETE", identities, "/{id}", await api.Delete("/v1/workspace/acme/oidc/x"), 404)),
            ("invalid_token", await Check("POST", "/v1/auth/oidc/exchange", "", await gateway.Oidc("x"), 401)),
        })
        {
            Assert.Equal(code, answer.Code);
            Assert.Contains(code, document.ErrorCodes);
        }

        await Check("DELETE", identities, "/{id}", await api.Delete($"/v1/workspace/acme/oidc/{identity.Json["id"]}"));
        await Check("DELETE", issuers, "/{id}", await api.Delete($"/v1/workspace/acme/issuer/{id}"));

        Task<Answer> Check(string method, string pattern, string rest, Answer answer, int? status = null)
        {
            Assert.True(status is { } expected ? answer.Status == expected : answer.Status is 200 or 201, $"{method} {pattern}{rest}: {answer.Status} {answer.Body}");
            Assert.Empty(document.Undescribed(method, pattern + rest, answer));
            return Task.FromResult(answer);
        }
    }
}
