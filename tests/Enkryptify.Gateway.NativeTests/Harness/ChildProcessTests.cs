namespace Enkryptify.Gateway.NativeTests.Harness;

public class ChildProcessTests
{
    [Fact]
    public async Task Output_and_exit_code_are_those_of_the_program()
    {
        var (code, output, errors) = await ChildProcess.RunAsync("sh", ["-c", "echo out; echo err >&2; exit 3"], Repository.Root);

        Assert.Equal((3, "out\n", "err\n"), (code, output, errors));
    }

    [Theory]
    [InlineData(9, 137)]
    [InlineData(15, 143)]
    public async Task A_signal_ends_it(int signal, int expected)
    {
        await using var child = ChildProcess.Start("sleep", ["600"], Repository.Root);
        Signals.Send(child.Id, (Signal)signal);

        Assert.Equal(expected, await child.WaitAsync());
    }

    [Fact]
    public async Task Disposing_it_ends_its_children_too()
    {
        int grandchild;
        await using (var child = ChildProcess.Start("sh", ["-c", "sleep 600 & echo started; wait"], Repository.Root))
        {
            await UntilAsync(() => child.Output == "started\n");

            grandchild = Assert.Single(child.Children());
        }

        await UntilAsync(() => !IsRunning(grandchild));
    }

    [Fact]
    public async Task Settings_of_the_surroundings_are_kept_from_it()
    {
        Environment.SetEnvironmentVariable("ENKRYPTIFY_TESTS_LEAK", "1");
        try
        {
            var (_, output, _) = await ChildProcess.RunAsync("env", [], Repository.Root, new Dictionary<string, string> { ["ENKRYPTIFY_TESTS_GIVEN"] = "2" });

            Assert.Contains("ENKRYPTIFY_TESTS_GIVEN=2\n", output, StringComparison.Ordinal);
            Assert.DoesNotContain("ENKRYPTIFY_TESTS_LEAK", output, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ENKRYPTIFY_TESTS_LEAK", null);
        }
    }

    private static bool IsRunning(int pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(10, limit.Token);
        }
    }
}
