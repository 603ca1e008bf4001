namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>Personal values of secrets, over the wire.</summary>
internal static class Personal
{
    public static Task<Answer> Write(Api api, string project, string name, string environment, string value, string workspace = "acme") => api.Put(
        $"/v1/workspace/{workspace}/project/{project}/secret/{name}",
        Json.Of(("values", Json.List(Json.Of(("environmentId", environment), ("value", value), ("isPersonal", true))))));

    public static Task<Answer> Delete(Api api, string project, string name, string environment, string workspace = "acme") =>
        api.Delete($"/v1/workspace/{workspace}/project/{project}/secret/{name}?environmentId={environment}&personal=true");

    /// <summary>The texts that this caller sees of a secret in an environment, shared before personal; none when it is missing to them.</summary>
    public static async Task<IReadOnlyList<string>> Values(Api api, string project, string name, string environment, string workspace = "acme")
    {
        var answer = await api.Get($"/v1/workspace/{workspace}/project/{project}/secret/{name}?environmentId={environment}");
        if (answer.Status == 404)
        {
            return [];
        }

        Assert.True(answer.Status == 200, answer.Body);
        return [.. answer.Json["values"]!.AsArray().OrderBy(value => value!["isPersonal"]!.GetValue<bool>()).Select(value => value!["value"]!.GetValue<string>())];
    }
}
