using System.Collections.Immutable;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Forwarding.Backends;

/// <summary>
/// Two gateways: <see cref="Far"/> holds the sample structure, and workspace <c>acme</c> of <see cref="Near"/> is read from there. Both have a workspace of that
/// slug, so that one path can be asked of either.
/// </summary>
internal sealed class RemoteWorld : IAsyncDisposable
{
    private bool killed;

    private RemoteWorld(TestGateway far, TestGateway near, Acme acme, string credentialId) => (Far, Near, Acme, CredentialId) = (far, near, acme, credentialId);

    public TestGateway Far { get; }

    public TestGateway Near { get; }

    /// <summary>The structure over there.</summary>
    public Acme Acme { get; }

    /// <summary>Of the credential that the near gateway has at the far one.</summary>
    public string CredentialId { get; }

    public static async Task<RemoteWorld> Start(Func<BackendConfig, BackendConfig>? change = null, string permission = "read")
    {
        var (far, acme) = await TestGateway.StartWithAcme();
        var (id, token, _) = await far.Machine(permission);
        var near = await Connected(far.Gateway.Urls[0], token, change);
        return new RemoteWorld(far, near, acme, id);
    }

    /// <summary>A gateway whose workspace <c>acme</c> is read from there.</summary>
    public static async Task<TestGateway> Connected(Uri backend, string token, Func<BackendConfig, BackendConfig>? change = null)
    {
        var near = await TestGateway.Start();
        Assert.Equal(201, (await near.Operator.Post("/v1/workspace", Json.Of(("name", "Acme"), ("slug", "acme")))).Status);
        var file = Path.Combine(near.DataDirectory, "backend.token");
        WriteToken(file, token);
        var config = new BackendConfig(
            "far", BackendKind.Enkryptify, "acme", backend, new SecretReference(SecretReferenceKind.File, file), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10),
            1 << 20, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60), TimeSpan.FromHours(1), "acme", null, false);
        await near.Restart(settings => settings with { Backends = [change?.Invoke(config) ?? config] });
        return near;
    }

    /// <summary>Secrets of the far gateway are changed through the near one.</summary>
    public static Task<RemoteWorld> StartWritable() => Start(config => config with { Writable = true }, "read-write");

    public static void WriteToken(string file, string token)
    {
        File.WriteAllText(file, token + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>The far gateway goes away.</summary>
    public async Task Kill()
    {
        await Far.Close();
        killed = true;
    }

    /// <summary>What is known is no longer fresh.</summary>
    public void Later(TimeSpan? time = null) => Near.Clock.Advance(time ?? TimeSpan.FromSeconds(61));

    public async ValueTask DisposeAsync()
    {
        await Near.DisposeAsync();
        if (killed)
        {
            Directory.Delete(Far.DataDirectory, recursive: true);
            return;
        }

        await Far.DisposeAsync();
    }
}
