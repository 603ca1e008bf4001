using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests.Systemd;

/// <summary>The executable as a service, with the test in systemd's place.</summary>
public class ServiceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_ready_watchdog_reload_stop(bool abstractName)
    {
        using var directory = new TemporaryDirectory();
        using var systemd = new NotifySocket(abstractName ? $"@enkryptify-test-{Environment.ProcessId}-{directory.FullPath.GetHashCode()}" : directory.PathOf("notify"));
        var url = Lay(directory);
        WritePair(directory);
        var environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = systemd.Name, ["WATCHDOG_USEC"] = "400000" };
        await using var process = ChildProcess.Start(await PublishedBinary.GetAsync(), ["serve", "--config", "gateway.toml"], directory.FullPath, environment);

        var ready = await systemd.UntilAsync("READY=1", "WATCHDOG=1", "RELOADING=1", "STOPPING=1");
        Assert.Contains(ready, line => line.StartsWith("STATUS=serving on https://127.0.0.1:", StringComparison.Ordinal));

        // Ready means ready: the very next request is served.
        var before = await ServedAsync(url);
        await systemd.UntilAsync("WATCHDOG=1", "READY=1");
        await systemd.UntilAsync("WATCHDOG=1", "READY=1");

        WritePair(directory);
        Signals.Send(process.Id, Signal.HangUp);
        var reloading = await systemd.UntilAsync("RELOADING=1", "READY=1");
        Assert.Contains(reloading, line => line.StartsWith("MONOTONIC_USEC=", StringComparison.Ordinal) && long.Parse(line["MONOTONIC_USEC=".Length..], System.Globalization.CultureInfo.InvariantCulture) > 0);
        await systemd.UntilAsync("READY=1", "STOPPING=1");
        Assert.NotEqual(before, await ServedAsync(url));

        // A pair that does not fit is left where it lies, and said so.
        File.WriteAllText(directory.PathOf("tls.key"), "-----BEGIN NOTHING-----");
        Signals.Send(process.Id, Signal.HangUp);
        await systemd.UntilAsync("RELOADING=1");
        Assert.Contains(await systemd.UntilAsync("READY=1"), line => line.Contains("not reloaded: tls.key", StringComparison.Ordinal));
        await ServedAsync(url);

        Signals.Send(process.Id, Signal.Terminate);
        await systemd.UntilAsync("STOPPING=1");
        Assert.True(await process.WaitAsync() == 0, process.ToString());
    }

    [Fact]
    public async Task With_a_wrong_key_it_never_says_ready_and_ends_with_78()
    {
        using var directory = new TemporaryDirectory();
        using var systemd = new NotifySocket(directory.PathOf("notify"));
        Lay(directory, "http");
        var binary = await PublishedBinary.GetAsync();
        var set = await ChildProcess.RunAsync(binary, ["init", "--config", "gateway.toml", "--email", "a@b.test", "--name", "A"], directory.FullPath);
        Assert.True(set.ExitCode == 0, set.Errors);
        File.WriteAllText(directory.PathOf("master.key"), Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

        var (code, _, errors) = await ChildProcess.RunAsync(
            binary, ["serve", "--config", "gateway.toml"], directory.FullPath, new Dictionary<string, string> { ["NOTIFY_SOCKET"] = systemd.Name });

        Assert.True(code == 78, errors);
        Assert.DoesNotContain("READY=1", systemd.Rest());
    }

    [Fact]
    public async Task A_socket_that_systemd_opened_is_served_also_to_who_came_before_the_start()
    {
        using var directory = new TemporaryDirectory();
        var url = Lay(directory, "http");
        var launcher = await Launcher.CompileAsync(directory, "listen", url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), "web");

        // The executable is started by a shell that waits for a file, so that the client is there first.
        var binary = await PublishedBinary.GetAsync();
        await using var process = ChildProcess.Start(
            launcher[0], [.. launcher.Skip(1), "/bin/sh", "-c", "while ! [ -e go ]; do sleep 0.05; done; exec \"$0\" serve --config gateway.toml", binary], directory.FullPath);
        using var client = new TcpClient();
        while (!client.Connected)
        {
            try
            {
                await client.ConnectAsync(url.Host, url.Port);
            }
            catch (SocketException) when (!process.HasExited)
            {
                await Task.Delay(20);
            }
        }

        await client.GetStream().WriteAsync("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray());
        File.WriteAllText(directory.PathOf("go"), "");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var answer = await new StreamReader(client.GetStream(), Encoding.ASCII).ReadToEndAsync(limit.Token);

        Assert.True(answer.StartsWith("HTTP/1.1 200 OK", StringComparison.Ordinal), answer + process);
        Signals.Send(process.Id, Signal.Terminate);
        Assert.True(await process.WaitAsync() == 0, process.ToString());
        Assert.Contains($"serving on {url}", process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_passed_socket_that_the_configuration_does_not_name_is_refused()
    {
        using var directory = new TemporaryDirectory();
        Lay(directory, "http");
        var other = Ports.FreeUrl().Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var launcher = await Launcher.CompileAsync(directory, "listen", other, "web");

        var (code, _, errors) = await ChildProcess.RunAsync(
            launcher[0], [.. launcher.Skip(1), await PublishedBinary.GetAsync(), "serve", "--config", "gateway.toml"], directory.FullPath);

        Assert.True(code == 78, errors);
        Assert.Contains($"the socket 'web' bound to 127.0.0.1:{other}, which server.listen does not name", errors, StringComparison.Ordinal);
    }

    /// <summary>Acceptance: the quick start's exchange, read and write under the kernel's refusal of memory that is writable and executable.</summary>
    [Fact]
    public async Task It_serves_where_memory_is_never_writable_and_executable()
    {
        using var directory = new TemporaryDirectory();
        var launcher = await Launcher.CompileAsync(directory, "mdwe");
        var (code, _, _) = await ChildProcess.RunAsync(launcher[0], [.. launcher.Skip(1), "/bin/true"], directory.FullPath);
        Assert.SkipWhen(code == 77, "this kernel has no PR_SET_MDWE (it came with 6.3)");
        Assert.Equal(0, code);

        await using var gateway = await NativeGateway.StartAsync(new GatewayStart { Launcher = launcher });
        using var client = new GatewayClient(gateway);
        var jwt = await client.SignInAsync();
        Assert.Equal(HttpStatusCode.Created, (await client.CreateSecretAsync(jwt, "UNDER_MDWE", "value")).Status);
        Assert.Equal("value", (await client.ListSecretsAsync(jwt))["UNDER_MDWE"]);
        Assert.True(await gateway.StopAsync() == 0, gateway.Process.ToString());
    }

    private static Uri Lay(TemporaryDirectory directory, string scheme = "https")
    {
        var url = new UriBuilder(Ports.FreeUrl()) { Scheme = scheme }.Uri;
        File.WriteAllText(directory.PathOf("gateway.toml"),
            $"""
            [server]
            listen = ["{url.GetLeftPart(UriPartial.Authority)}"]
            {(scheme == "https" ? "[tls]\ncertificate_file = \"tls.crt\"\nkey = \"file:tls.key\"" : "")}
            [storage]
            data_dir = "data"
            [encryption]
            master_key = "file:master.key"
            """);
        WritePrivate(directory.PathOf("master.key"), Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        return url;
    }

    private static void WritePair(TemporaryDirectory directory)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        File.WriteAllText(directory.PathOf("tls.crt"), certificate.ExportCertificatePem());
        WritePrivate(directory.PathOf("tls.key"), key.ExportPkcs8PrivateKeyPem());
    }

    private static void WritePrivate(string path, string text)
    {
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>The thumbprint of the certificate that one request was answered under.</summary>
    private static async Task<string> ServedAsync(Uri url)
    {
        var thumbprint = "";
        using var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => (thumbprint = ((X509Certificate2)certificate!).Thumbprint).Length > 0,
            },
        });
        using var answer = await http.GetAsync(new Uri(url, "/readyz"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return thumbprint;
    }
}
