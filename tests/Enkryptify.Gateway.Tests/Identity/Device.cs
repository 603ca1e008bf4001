using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>A device that asks to be signed in, as the <c>ek</c> CLI does it.</summary>
internal sealed class Device(Api api, string deviceCode, string userCode)
{
    public const string ClientId = "enkryptify-cli";

    public string DeviceCode => deviceCode;

    public string UserCode => userCode;

    public static Task<Answer> Code(Api api) => api.Post("/v1/auth/device/code", Json.Of(("clientId", ClientId)));

    public static async Task<Device> Ask(Api api)
    {
        var answer = await Code(api);
        Assert.True(answer.Status == 200, answer.Body);
        return new Device(api, answer.Json["deviceCode"]!.GetValue<string>(), answer.Json["userCode"]!.GetValue<string>());
    }

    public Task<Answer> Poll() => api.Post("/v1/auth/device/token", Json.Of(("clientId", ClientId), ("deviceCode", deviceCode)));

    /// <summary>The poll's answer is exactly this error of RFC 8628.</summary>
    public async Task Expect(string error)
    {
        var answer = await Poll();
        Assert.Equal((400, $$"""{"error":"{{error}}"}"""), (answer.Status, answer.Body));
    }

    /// <summary>Polls until the end, with a login.</summary>
    public async Task<Api> SignedIn(TestGateway gateway)
    {
        var answer = await Poll();
        Assert.True(answer.Status == 200, answer.Body);
        return gateway.Bearer(answer.Json["accessToken"]!.GetValue<string>());
    }

    public Task<Answer> Show(Api person) => person.Get($"/v1/auth/device/{userCode}");

    public Task<Answer> Approve(Api person) => person.Post($"/v1/auth/device/{userCode}/approve");

    public Task<Answer> Deny(Api person) => person.Post($"/v1/auth/device/{userCode}/deny");
}
