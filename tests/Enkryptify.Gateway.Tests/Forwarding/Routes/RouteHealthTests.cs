using Enkryptify.Gateway.Forwarding.Routes;

namespace Enkryptify.Gateway.Tests.Forwarding.Routes;

/// <summary>Three processes behind one route: one is killed and comes back. The clock of health is the test's.</summary>
public class RouteHealthTests(RouteWorld world) : IClassFixture<RouteWorld>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Requests_go_round_all_destinations()
    {
        await using var second = await UpstreamProcess.Start();
        await world.Load(world.Route(cluster: "load_balancing = \"round-robin\"", destinations: $"\"{world.Upstream.Url}\", \"{second.Url}\""));
        var seen = new HashSet<int>();
        for (var i = 0; i < 4; i++)
        {
            seen.Add(await Process());
        }

        Assert.Equal([world.Upstream.Id, second.Id], seen.Order());
        await world.Load(world.Route(cluster: "load_balancing = \"first\"", destinations: $"\"{world.Upstream.Url}\", \"{second.Url}\""));
        seen.Clear();
        for (var i = 0; i < 4; i++)
        {
            seen.Add(await Process());
        }

        Assert.Single(seen);
    }

    /// <summary>By its first failed request: at most that one fails, none after.</summary>
    [Fact]
    public async Task A_killed_destination_is_left_out_after_its_first_failure_and_comes_back()
    {
        await using var second = await UpstreamProcess.Start();
        var third = await UpstreamProcess.Start();
        await Load(second, third, "away_seconds = 10");
        Assert.Equal(3, (await Processes(30)).Distinct().Count());

        await third.Kill();
        var failed = 0;
        for (var i = 0; i < 60; i++)
        {
            failed += (await world.Get()).Status == 502 ? 1 : 0;
        }

        Assert.Equal(1, failed);
        Assert.Equal("unhealthy", Health(third).Passive);
        Assert.DoesNotContain(third.Id, await Processes(60));

        await using var again = await UpstreamProcess.Start(third.Port);
        world.Gateway.Clock.Advance(TimeSpan.FromSeconds(11));
        await Until(third, status => status.Passive != "unhealthy");
        Assert.Contains(again.Id, await Processes(30));
        await third.DisposeAsync();
    }

    /// <summary>By probes alone: no request has to fail for it.</summary>
    [Fact]
    public async Task Probes_mark_a_killed_destination_and_bring_it_back()
    {
        await using var second = await UpstreamProcess.Start();
        var third = await UpstreamProcess.Start();
        await Load(second, third, "health_path = \"/healthz\"\nhealth_failures = 2\naway_seconds = 0");
        await Until(third, status => status.Active == "healthy");

        await third.Kill();
        await Until(third, status => status.Active == "unhealthy");
        Assert.DoesNotContain(third.Id, await Processes(60));
        Assert.Equal(("healthy", "healthy"), (Health(world.Upstream).Active, Health(second).Active));

        await using var again = await UpstreamProcess.Start(third.Port);
        await Until(third, status => status.Active == "healthy");
        Assert.Contains(again.Id, await Processes(30));
        await third.DisposeAsync();
    }

    /// <summary>When all are marked, trying beats refusing.</summary>
    [Fact]
    public async Task A_lone_destination_is_still_tried_while_it_is_marked()
    {
        var lone = await UpstreamProcess.Start();
        await world.Load(world.Route(destinations: $"\"{lone.Url}\""));
        await lone.Kill();
        Assert.Equal(502, (await world.Get()).Status);
        Assert.Equal("unhealthy", Health(lone).Passive);
        await using var again = await UpstreamProcess.Start(lone.Port);
        Assert.Equal(again.Id, await Process());
        await lone.DisposeAsync();
    }

    private Task Load(UpstreamProcess second, UpstreamProcess third, string more) => world.Load(world.Route(
        cluster: $"load_balancing = \"round-robin\"\nhealth_interval_seconds = {Interval.TotalSeconds}\n{more}",
        destinations: $"\"{world.Upstream.Url}\", \"{second.Url}\", \"{third.Url}\""));

    private DestinationStatus Health(UpstreamProcess process) =>
        world.Gateway.Gateway.LegacyRoutes.Status().Clusters.Single().Destinations.Single(destination => destination.Address == process.Url);

    /// <summary>Moves the clock until the destination stands so; a hang fails the run by its time-out.</summary>
    private async Task Until(UpstreamProcess process, Func<DestinationStatus, bool> stands)
    {
        while (!stands(Health(process)))
        {
            world.Gateway.Clock.Advance(Interval);
            await Task.Delay(20);
        }
    }

    private async Task<int> Process()
    {
        var answer = await world.Get();
        Assert.True(answer.Status == 200, answer.Body);
        return answer.Json["process"]!.GetValue<int>();
    }

    private async Task<List<int>> Processes(int requests)
    {
        var seen = new List<int>();
        for (var i = 0; i < requests; i++)
        {
            seen.Add(await Process());
        }

        return seen;
    }
}
