namespace Enkryptify.Gateway.Operations.Metrics;

/// <summary>What is counted of one route: answers by class of status, and how long they took. Named by its pattern, never by a path, which a caller chooses.</summary>
internal sealed class RouteMetrics(string method, string pattern)
{
    private readonly Counter[] byClass = [new(), new(), new(), new(), new()];

    public string Method => method;

    public string Pattern => pattern;

    public Histogram Seconds { get; } = new(Histogram.Seconds);

    public IEnumerable<(string Status, long Value)> Answers => byClass.Select((counter, i) => ($"{i + 1}xx", counter.Value)).Where(answer => answer.Value > 0);

    public void Ended(int status, TimeSpan elapsed)
    {
        byClass[Math.Clamp(status / 100, 1, 5) - 1].Add();
        Seconds.Observe(elapsed.TotalSeconds);
    }
}
