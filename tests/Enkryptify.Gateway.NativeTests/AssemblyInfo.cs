// One gateway at a time: these tests start, trace and kill processes, and two of them at once would only wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
