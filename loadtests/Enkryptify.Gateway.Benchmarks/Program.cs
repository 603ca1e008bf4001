using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Enkryptify.Gateway.Benchmarks;
using Perfolizer.Horology;

Option<string> baseline = new("--baseline") { HelpName = "FILE", DefaultValueFactory = _ => "loadtests/baseline.json", Description = "Allocated bytes per operation to compare with." };
Option<bool> write = new("--write") { Description = "Write the figures to the baseline instead of comparing with it." };
RootCommand command = new("Times and allocations of the hot path's steps. Ends with 1 when one allocates over 10 % more than the baseline says. Times are reported, never judged.")
{
    baseline, write,
};
command.SetAction(parsed =>
{
    // In this process: the store's setup is shared, and what is judged (bytes) does not depend on the isolation that times would want.
    var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(5).WithIterationTime(TimeInterval.FromMilliseconds(100));
    var config = ManualConfig.CreateEmpty().AddJob(job).AddLogger(NullLogger.Instance).WithArtifactsPath(Path.Combine(Path.GetTempPath(), "enkryptify-benchmarks"));
    var summary = BenchmarkRunner.Run<HotPath>(config);
    if (summary.HasCriticalValidationErrors)
    {
        Console.Error.WriteLine(string.Join('\n', summary.ValidationErrors.Select(error => error.Message)));
        return 1;
    }

    var measured = summary.Reports.Where(report => report.ResultStatistics is not null).ToDictionary(
        report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name,
        report => new Figure(report.ResultStatistics!.Median / 1000, report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0));
    return parsed.GetValue(write) ? Baseline.Write(parsed.GetValue(baseline)!, measured) : Baseline.Compare(parsed.GetValue(baseline)!, measured);
});
return command.Parse(args).Invoke();
