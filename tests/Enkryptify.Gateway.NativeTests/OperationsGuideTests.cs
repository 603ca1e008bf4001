using System.Globalization;
using Enkryptify.Gateway.NativeTests.Harness;

namespace Enkryptify.Gateway.NativeTests;

/// <summary>
/// The commands of docs/operations.md, as they are written there, in one shell from an empty directory: set up, serve, a first secret, backup, check, restore on a
/// second root, the rotation of keys, the audit log. The example's port is the one thing that is replaced. What takes systemd is in <see cref="Systemd.HostTests"/>.
/// </summary>
public class OperationsGuideTests
{
    private static readonly string[] Lines = File.ReadAllLines(Repository.PathOf("docs", "operations.md"));

    [Fact]
    public async Task From_an_empty_directory_to_a_restore_on_a_second_root()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.PathOf("bin"));
        File.CreateSymbolicLink(directory.PathOf("bin/enkryptify-gateway"), await PublishedBinary.GetAsync());
        var serve = Assert.Single(Section("## Set up"), block => block.StartsWith("enkryptify-gateway serve", StringComparison.Ordinal));
        string[] script =
        [
            "set -eo pipefail",
            "stop() { kill -TERM $pid; wait $pid; }",
            "trap 'kill -KILL $pid 2>/dev/null || true' EXIT",
            .. Section("## Set up").TakeWhile(block => block != serve),
            Start(serve),
            .. Section("### A first secret"),
            Check("read", "printf '\\n'"),
            .. Section("## Backup").Where(block => block == "enkryptify-gateway backup"),
            .. Section("## Rotate keys").Where(block => block.StartsWith("enkryptify-gateway key list", StringComparison.Ordinal)),
            "for kind in kek digest signing audit 'environment --environment demo/production' 'environment --all-environments'; do enkryptify-gateway key rotate $kind; done",
            .. Section("## The audit log").Where(block => block == "enkryptify-gateway audit verify --data-dir data"),
            .. Section("### Export").Where(block => !block.Contains("jq", StringComparison.Ordinal)).Select(block => block.Replace(" --key audit-public-key.txt", "", StringComparison.Ordinal)),
            .. Section("### Doctor").Select(block => block.Replace("/etc/enkryptify-gateway/", "", StringComparison.Ordinal)),
            "stop",
            .. Section("## Backup").Where(block => block.StartsWith("enkryptify-gateway backup --offline", StringComparison.Ordinal)),
            .. Section("## Check and restore a backup").Where(block => block.StartsWith("enkryptify-gateway", StringComparison.Ordinal)),

            // A second root: the backup, the key and the configuration are all that is carried there.
            "mkdir -m 700 ../second && cp -p before-the-move.ekbackup master.key enkryptify.toml ../second/ && cd ../second",
            "enkryptify-gateway restore before-the-move.ekbackup --to data --config enkryptify.toml",
            Start(serve),
            "export ENKRYPTIFY_SOCKET=$PWD/data/admin.sock",
            "test \"$(enkryptify-gateway secret get KEY --project demo --environment production)\" = 'a value'",
            .. Section("### A first secret").Where(block => block.Contains("jwt=", StringComparison.Ordinal)).Select(block => block.Replace("--name first", "--name second", StringComparison.Ordinal)),
            Check("read on the second root", "printf '\\n'"),
            "stop",
            Check("end", "true"),
        ];

        var port = Ports.FreeUrl().Port.ToString(CultureInfo.InvariantCulture);
        var (code, output, errors) = await ChildProcess.RunAsync(
            "bash", ["-c", string.Join('\n', script).Replace("8480", port, StringComparison.Ordinal)], directory.FullPath,
            new Dictionary<string, string> { ["PATH"] = $"{directory.PathOf("bin")}:{Environment.GetEnvironmentVariable("PATH")}" }, TimeSpan.FromMinutes(3));

        Assert.True(code == 0 && output.TrimEnd().EndsWith("== end", StringComparison.Ordinal), output + errors);
        Assert.Equal(3, output.Split("\"value\":\"a value\"").Length);
        Assert.Contains("== read on the second root", output, StringComparison.Ordinal);
        Assert.DoesNotContain("PROBLEM", output, StringComparison.Ordinal);
        Assert.True(script.Count(line => line.StartsWith("enkryptify-gateway", StringComparison.Ordinal)) >= 10, string.Join('\n', script));
    }

    /// <summary>In the background, until it is ready.</summary>
    private static string Start(string serve) =>
        $"{serve} 2>serve.log & pid=$!\nfor i in $(seq 600); do curl -s -o /dev/null http://127.0.0.1:8480/readyz && break; sleep 0.1; done";

    private static string Check(string name, string command) => $"{command}\necho '== {name}'";

    /// <summary>The indented blocks below a heading, up to the next one of any level.</summary>
    private static List<string> Section(string heading)
    {
        var blocks = new List<string>();
        var block = new List<string>();
        foreach (var line in Lines.SkipWhile(line => line != heading).Skip(1).TakeWhile(line => !line.StartsWith('#')).Append("end"))
        {
            if (line.StartsWith("    ", StringComparison.Ordinal))
            {
                block.Add(line[4..]);
            }
            else if (block.Count > 0 && line.Length > 0)
            {
                blocks.Add(string.Join('\n', block));
                block.Clear();
            }
            else if (block.Count > 0)
            {
                block.Add("");
            }
        }

        Assert.True(blocks.Count > 0, $"{heading} has no command");
        return [.. blocks.Select(text => text.TrimEnd())];
    }
}
