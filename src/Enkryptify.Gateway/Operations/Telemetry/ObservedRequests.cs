using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Enkryptify.Gateway.Operations.Telemetry;

/// <summary>The step of the pipeline that is there only while telemetry is on: a span and a measurement for each request.</summary>
internal sealed class ObservedRequests(ServerSpans? spans, RequestDurations? durations)
{
    public async Task Step(HttpContext context, RequestDelegate next)
    {
        var began = Stopwatch.GetTimestamp();
        using var span = spans?.Begin(context);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            durations?.Ended(context, Stopwatch.GetElapsedTime(began));
            if (span is not null)
            {
                ServerSpans.End(span, context);
            }
        }
    }
}

/// <summary><c>http.server.request.duration</c>, as the semantic conventions name it.</summary>
internal sealed class RequestDurations : IDisposable
{
    private readonly Meter meter;
    private readonly Histogram<double> seconds;

    public RequestDurations()
    {
        MeterName = "Enkryptify.Gateway.Http." + Ids.New(TimeProvider.System).ToString("N");
        meter = new Meter(MeterName);
        seconds = meter.CreateHistogram(
            "http.server.request.duration", "s", "How long answers took, by route.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Histogram.Seconds });
    }

    public string MeterName { get; }

    public void Ended(HttpContext context, TimeSpan elapsed)
    {
        var words = RequestWords.Of(context);
        var tags = new TagList
        {
            { "http.request.method", words.Method },
            { "url.scheme", context.Request.IsHttps ? "https" : "http" },
            { "http.response.status_code", words.Status },
        };
        if (words.Route is not null)
        {
            tags.Add("http.route", words.Route);
        }

        if (words.Error is not null)
        {
            tags.Add("error.type", words.Error);
        }

        seconds.Record(elapsed.TotalSeconds, tags);
    }

    public void Dispose() => meter.Dispose();
}
