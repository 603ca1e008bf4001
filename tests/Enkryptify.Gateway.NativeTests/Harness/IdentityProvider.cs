namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>OpenIddict in a process of its own (tests/fixtures/OidcProvider), on a port that it keeps when it is started again.</summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    // What tests/Enkryptify.Gateway.Tests/Identity/Sso/OidcProvider.cs knows as its only client.
    public const string ClientId = "acme:gateway/1";
    public const string ClientSecret = "s3cret+of/the gateway:é";

    private static readonly string Program = Repository.PathOf("tests", "fixtures", "OidcProvider", "bin", "Debug", "net10.0", "OidcProvider.dll");

    private readonly TemporaryDirectory directory = new();
    private readonly int port = Ports.FreeUrl().Port;
    private ChildProcess? process;

    public string Issuer { get; private set; } = "";

    private string Orders => directory.PathOf("orders");

    public static async Task<IdentityProvider> StartAsync(params string[] options)
    {
        var provider = new IdentityProvider();
        provider.Tell("http://localhost/", "");
        await provider.RunAsync(options);
        return provider;
    }

    public async Task RunAsync(params string[] options)
    {
        process = ChildProcess.Start("dotnet", [Program, port.ToString(System.Globalization.CultureInfo.InvariantCulture), Orders, .. options], directory.FullPath);
        for (var tries = 0; !process.Output.Contains('\n', StringComparison.Ordinal); tries++)
        {
            Assert.False(process.HasExited || tries == 600, $"the provider does not start: {process}");
            await Task.Delay(100);
        }

        Issuer = process.Output.Trim();
    }

    /// <summary>Where it sends visitors back to, and what it lies about from now on.</summary>
    public void Tell(string redirectUri, string lie)
    {
        File.WriteAllLines(Orders + ".new", [redirectUri, lie]);
        File.Move(Orders + ".new", Orders, overwrite: true);
    }

    public async Task KillAsync()
    {
        await process!.DisposeAsync();
        process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }

        directory.Dispose();
    }
}
