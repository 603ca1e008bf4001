using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Secrets;

public class ConcurrencyTests(ITestOutputHelper output)
{
    private const string Secrets = "/v1/workspace/acme/project/bank/secret";
    private const int Writers = 32;
    private const int Readers = 32;

    /// <summary>
    /// Each writer creates, counts up and deletes secrets of its own; each reader holds every value against the last count that was acknowledged
    /// before it asked.
    /// </summary>
    [Fact]
    public async Task Thirty_two_writers_and_readers_for_ten_seconds_lose_nothing()
    {
        var (gateway, acme) = await TestGateway.StartWithAcme();
        await using var _ = gateway;
        var (_, _, machine) = await gateway.Machine();
        var kept = new ConcurrentDictionary<string, string>();
        var acknowledged = new int[Writers];
        var (changes, reads) = (0, 0);
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(10));

        async Task<Answer> Must(int status, Task<Answer> asked)
        {
            var answer = await asked;
            Assert.True(answer.Status == status, $"{answer.Status} {answer.Body}");
            return answer;
        }

        async Task Write(int writer)
        {
            var counter = $"COUNTER_{writer}";
            await Must(201, machine.Post(Secrets, Json.Secret(counter, "0", [acme.BankDev])));
            Interlocked.Increment(ref changes);
            for (var round = 1; !over.IsCancellationRequested; round++)
            {
                await Must(200, machine.Put($"{Secrets}/{counter}", Json.Of(("values", Json.List(Json.Of(("environmentId", acme.BankDev), ("value", $"{round}")))))));
                Volatile.Write(ref acknowledged[writer], round);
                var name = $"W{writer}_{round}";
                await Must(201, machine.Post(Secrets, Json.Secret(name, $"value {round}", [acme.BankDev, acme.BankProd])));
                kept[name] = $"value {round}";
                Interlocked.Add(ref changes, 2);
                if (round % 2 == 0)
                {
                    await Must(200, machine.Delete($"{Secrets}/{name}"));
                    kept.TryRemove(name, out var __);
                    Interlocked.Increment(ref changes);
                }
            }
        }

        async Task Read(int reader)
        {
            for (var round = 0; !over.IsCancellationRequested; round++)
            {
                var writer = (reader + round) % Writers;
                var least = Volatile.Read(ref acknowledged[writer]);
                if (least > 0)
                {
                    var answer = await Must(200, machine.Get($"{Secrets}/COUNTER_{writer}?environmentId={acme.BankDev}"));
                    Assert.True(int.Parse((string)answer.Json["values"]![0]!["value"]!) >= least);
                    Interlocked.Increment(ref reads);
                }

                await Must(200, machine.Get("/v1/workspace/acme/project"));
            }
        }

        await Task.WhenAll([.. Enumerable.Range(0, Writers).Select(Write), .. Enumerable.Range(0, Readers).Select(Read)]);
        output.WriteLine($"{changes} changes and {reads} reads of secrets");

        var list = (await machine.Get($"{Secrets}?environmentId={acme.BankProd}")).Json.AsArray().Where(secret => (string)secret!["name"]! != "KEY")
            .ToDictionary(secret => (string)secret!["name"]!, secret => (string)secret!["values"]![0]!["value"]!);
        Assert.Equal(kept.OrderBy(one => one.Key, StringComparer.Ordinal), list.OrderBy(one => one.Key, StringComparer.Ordinal));
        foreach (var (writer, last) in acknowledged.Index())
        {
            var answer = await machine.Get($"{Secrets}/COUNTER_{writer}?environmentId={acme.BankDev}");
            Assert.Equal($"{last}", (string)answer.Json["values"]![0]!["value"]!);
        }

        await gateway.Close();
        var entries = AuditTail.Entries(gateway).Where(entry => (string)entry["actor"]!["kind"]! == "static" && (string)entry["target"]!["kind"]! == "secret").ToList();
        Assert.All(entries, entry => Assert.Equal("allowed", (string)entry["outcome"]!));
        Assert.Equal(changes, entries.Count(entry => (string)entry["action"]! != "VIEW"));
        Assert.Equal(reads + Writers + 1, entries.Count(entry => (string)entry["action"]! == "VIEW"));
        var report = ChainVerifier.Verify(gateway.DataDirectory);
        Assert.Empty(report.Problems);
        Assert.Equal(0, report.NotYetAnchored);
        await gateway.Open();
    }
}
