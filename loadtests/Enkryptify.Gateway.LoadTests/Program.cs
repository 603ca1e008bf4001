using System.Diagnostics;
using Enkryptify.Gateway.LoadTests;
using Enkryptify.Gateway.LoadTests.Soak;

// The generator keeps to its own cores: it must not take the server's time.
return await RunOptions.Command(async options =>
{
    var mask = RunOptions.Cores(options.GeneratorCores).Aggregate(0L, (bits, core) => bits | (1L << core));
    if (RunOptions.Cores(options.ServerCores).Intersect(RunOptions.Cores(options.GeneratorCores)).Any())
    {
        Console.Error.WriteLine("--server-cores and --generator-cores must be disjoint: the figures would be about both");
        return 2;
    }

    Process.GetCurrentProcess().ProcessorAffinity = (nint)mask;
    return options.Soak > 0 ? await new SoakRun(options).Run() : await new Session(options).Run();
}).Parse(args).InvokeAsync();
