using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Http;

/// <summary>Alone: what waits is counted for the whole process.</summary>
[CollectionDefinition(nameof(AdmissionTests), DisableParallelization = true)]
public sealed class AdmissionCollection;

/// <summary>More requests than may wait.</summary>
[Collection(nameof(AdmissionTests))]
public class AdmissionTests
{
    private const int Most = 100;

    [Fact]
    public async Task While_too_many_wait_further_ones_are_turned_away_and_none_is_lost()
    {
        var (gateway, _) = await TestGateway.StartWithAcme(("server.max_waiting_requests", $"{Most}"));
        await using var __ = gateway;
        var (_, _, machine) = await gateway.Machine();
        using var goOn = new ManualResetEventSlim();
        var held = gateway.Gateway.Audit.Change<Done>(new OperatorCaller(0, "held"), new AuditDraft(AuditAction.Examine, new AuditTarget("gateway")), _ =>
        {
            goOn.Wait(TimeSpan.FromMinutes(1));
            return Done.Value;
        });

        // Each read that was let in waits for its audit entry, so more than the limit cannot be let in for long.
        var asked = Enumerable.Range(0, Most * 2).Select(_ => machine.Get("/v1/workspace")).ToList();
        var first = await await Task.WhenAny(asked);
        Assert.Equal((503, "overloaded", "1"), (first.Status, first.Code, first.Headers["Retry-After"]));
        Assert.False(held.IsCompleted);
        Assert.Equal(200, (await gateway.Anonymous.Get("/healthz")).Status);

        goOn.Set();
        Assert.True((await held).Refusal is null);
        var answers = await Task.WhenAll(asked);
        Assert.All(answers, answer => Assert.Contains(answer.Status, (int[])[200, 503]));
        Assert.InRange(answers.Count(answer => answer.Status == 200), 1, (Most * 2) - 1);
        Assert.Equal(200, (await machine.Get("/v1/workspace")).Status);
    }

    [Theory]
    [InlineData(0, long.MaxValue, false)]
    [InlineData(3, 3, false)]
    [InlineData(3, 4, true)]
    public void Only_more_than_the_limit_is_too_much_and_0_is_no_limit(int most, long waiting, bool refused)
    {
        var admission = new Admission(most, () => waiting);
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        Assert.Equal(refused, admission.Refused(context.Response) is not null);
        Assert.Equal((refused ? 1 : 0, refused ? "1" : ""), (admission.TurnedAway.Value, context.Response.Headers.RetryAfter.ToString()));
    }
}
