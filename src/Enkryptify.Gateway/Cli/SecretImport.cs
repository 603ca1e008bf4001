using System.CommandLine;
using System.Text.Json;
using Enkryptify.Gateway.Secrets;

namespace Enkryptify.Gateway.Cli;

/// <summary>
/// <c>secret import</c>: 1 the file is read and checked whole; 2 what exists already is compared; 3 new secrets go in as few all-or-nothing
/// requests as fit; 4 with <c>--overwrite</c>, changed ones follow one by one. Nothing is sent before 1 and 2 have passed.
/// </summary>
internal static class SecretImport
{
    private const int FileLimit = 64 * 1024 * 1024;

    public static ManagementVerb Build(Surroundings around)
    {
        Argument<string> file = new("FILE") { HelpName = "FILE|-", Description = "A .env file; - is standard input." };
        Option<string?> workspace = PlaceOptions.Workspace();
        Option<string> project = PlaceOptions.Project();
        Option<string> environment = PlaceOptions.Environment();
        Option<bool> overwrite = new("--overwrite") { Description = "Replaces values that exist already; without it they stop the import before anything is written." };
        return new ManagementVerb(
            "import",
            "Import a .env file into one environment. New secrets are created all or nothing when they fit one request (10,000 secrets, 4 MiB), else batch by batch.",
            around,
            "enkryptify-gateway secret import .env --project demo --environment production",
            "sops -d prod.env | enkryptify-gateway secret import - --project demo --environment production --overwrite")
        {
            file, project, environment, workspace, overwrite,
        }.Does(async (call, cancel) =>
        {
            string source = call.Value(file)!;
            IReadOnlyList<DotEnvEntry> entries = await ReadAsync(around, source, cancel);
            Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
            Place prj = await call.Find.ProjectAsync(ws, call.Value(project)!, cancel);
            Place env = await call.Find.EnvironmentAsync(ws, prj, call.Value(environment)!, cancel);

            string path = AdminPaths.Secrets(ws, prj);
            JsonElement listed = await call.Client.GetAsync($"{path}?environmentId={env.Id}", cancel);
            ImportPlan plan = ImportPlan.Of(entries, listed, env.Id);
            if (plan.Existing > 0 && !call.Value(overwrite))
            {
                throw new CommandFailure(
                    ExitCode.Error,
                    [.. plan.ExistingNames.Select(name => $"{name} exists already in {prj}/{env.Name}"), "nothing was written"],
                    "add --overwrite to replace these values");
            }

            await new ImportRun(call, path, env.Id, plan).WriteAsync(cancel);
            byte[] summary = JsonBody.Of(writer =>
            {
                writer.WriteBoolean("success"u8, true);
                writer.WriteNumber("created"u8, plan.New.Count);
                writer.WriteNumber("updated"u8, plan.Changed.Count);
                writer.WriteNumber("unchanged"u8, plan.Unchanged);
            });
            call.Answer(
                JsonElement.Parse(summary),
                _ => $"Imported {entries.Count} secrets into {prj}/{env.Name}: {plan.New.Count} created, {plan.Changed.Count} updated, {plan.Unchanged} unchanged.");
        });
    }

    private static async Task<IReadOnlyList<DotEnvEntry>> ReadAsync(Surroundings around, string source, CancellationToken cancel)
    {
        // A byte-order mark is what some editors put before the first name; it is not part of that name.
        string text = (await TextSource.ReadAsync(around, source, FileLimit, cancel)).TrimStart('\ufeff');
        DotEnvFile parsed = DotEnv.Parse(text);
        string shown = source == TextSource.StandardInput ? "standard input" : source;
        if (ImportCheck.Problems(parsed, shown) is { Count: > 0 } problems)
        {
            throw new CommandFailure(ExitCode.Error, [.. problems, "nothing was written"]);
        }

        return parsed.Entries.Count > 0 ? parsed.Entries : throw new CommandFailure(ExitCode.Error, $"{shown} holds no secret");
    }
}
