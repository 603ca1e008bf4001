using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Enkryptify.Gateway.LoadTests.Scenarios;

namespace Enkryptify.Gateway.LoadTests;

/// <summary>The bare endpoints beside which the gateway is measured (loadtests/Enkryptify.Gateway.Reference), and what each is asked.</summary>
internal sealed class ReferenceRequests : IDisposable
{
    public const string Json = "json";
    public const string SignEs256 = "sign-es256";
    public const string VerifyEs256 = "verify-es256";
    public const string Rs256ToEs256 = "verify-rs256-sign-es256";

    private readonly string directory = Directory.CreateTempSubdirectory("ek-reference-").FullName;
    private readonly Uri url = ServerProcess.FreeUrl();

    private ReferenceRequests()
    {
    }

    public ServerProcess Server { get; private set; } = null!;

    /// <param name="tokens">Distinct workload tokens for the endpoint that verifies them.</param>
    public static async Task<ReferenceRequests> Start(RunOptions options, int tokens)
    {
        var reference = new ReferenceRequests();
        using (var make = Process.Start(options.Reference!, ["tokens", $"{tokens}", "https://issuer.example", "enkryptify", "system:serviceaccount:load:pod", reference.directory]))
        {
            await make.WaitForExitAsync();
        }

        reference.Server = await ServerProcess.Start(
            options.ServerCores, options.Reference!, ["serve", $"{reference.url.Port}", Path.Combine(reference.directory, "jwks.json")], reference.directory, reference.url, "json");
        return reference;
    }

    public async Task<IReadOnlyList<IScenario>> Scenarios()
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = url };
        using var answer = await http.PostAsync(new Uri("sign", UriKind.Relative), null);
        var jwt = JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync()).GetProperty("accessToken").GetString()!;
        return
        [
            new Fixed(Json, [Request("GET /json", "")]),
            new Fixed(SignEs256, [Request("POST /sign", "", "Content-Length: 0\r\n")]),
            new Fixed(VerifyEs256, [Request("GET /verify", "", $"Authorization: Bearer {jwt}\r\n")]),
            new Fixed(Rs256ToEs256, [.. File.ReadLines(Path.Combine(directory, "tokens")).Select(token =>
            {
                var body = $$"""{"token":"{{token}}","workspaceId":"load"}""";
                return Request("POST /exchange", body, $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n");
            })]),
        ];
    }

    public void Dispose()
    {
        Server.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private static byte[] Request(string line, string body, string headers = "") => Encoding.ASCII.GetBytes($"{line} HTTP/1.1\r\nHost: reference\r\n{headers}\r\n{body}");
}
