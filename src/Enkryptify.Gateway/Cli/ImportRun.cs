using System.Globalization;
using System.Text.Json;
using Enkryptify.Gateway.Secrets;

namespace Enkryptify.Gateway.Cli;

/// <summary>Carries an <see cref="ImportPlan"/> out, shows how far it is, and says exactly what stands when it has to stop.</summary>
internal sealed class ImportRun(AdminCall call, string secretsPath, string environmentId, ImportPlan plan)
{
    /// <summary>From here on an operator at a terminal wants to see that something happens.</summary>
    private const int Large = 500;

    private readonly int _total = plan.New.Count + plan.Changed.Count;
    private int _written;

    public async Task WriteAsync(CancellationToken cancel)
    {
        List<ImportBatch> batches = ImportBatch.Of(environmentId, plan.New);
        if (batches.Count > 1)
        {
            call.Around.Error.WriteLine(
                $"{plan.New.Count} new secrets need {batches.Count} requests; each is written whole or not at all, so a failure leaves the earlier ones written.");
        }

        try
        {
            Progress();
            foreach (ImportBatch batch in batches)
            {
                await call.Client.PostAsync(secretsPath, batch.Body, cancel);
                Written(batch.Count);
            }

            foreach ((DotEnvEntry entry, JsonElement secret) in plan.Changed)
            {
                await call.Client.PutAsync($"{secretsPath}/{SecretBodies.Id(secret)}", SecretBodies.Update(secret, environmentId, entry.Value), cancel);
                Written(1);
            }
        }
        catch (CommandFailure failure) when (_total > 1)
        {
            EndProgress();
            throw Stopped(failure);
        }

        EndProgress();
    }

    private CommandFailure Stopped(CommandFailure failure) => new(
        failure.ExitCode,
        [.. failure.Messages, _written == 0 ? "nothing was confirmed as written" : $"{_written} of {_total} secrets were written before this"],
        _written == 0 ? failure.Hint : "the same import with --overwrite goes on from here: it leaves values that are equal alone");

    private void Written(int count)
    {
        int before = _written;
        _written += count;
        if (_written / 100 != before / 100 || _written == _total)
        {
            Progress();
        }
    }

    private bool ShowsProgress => call.Around.ErrorIsTerminal && _total >= Large;

    private void Progress()
    {
        if (ShowsProgress)
        {
            call.Around.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\rimporting: {_written} of {_total} secrets written"));
        }
    }

    private void EndProgress()
    {
        if (ShowsProgress)
        {
            call.Around.Error.WriteLine();
        }
    }
}
