using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>secret set</c>: creates the value in one environment, or replaces it; every other value of the secret stays.</summary>
internal static class SecretSet
{
    /// <summary>64 KiB is the most a value may hold; the trailing newline that is stripped may come on top.</summary>
    private const int ValueLimit = 64 * 1024 + 2;

    public static ManagementVerb Build(Surroundings around)
    {
        Argument<string> name = SecretCommands.Name();
        Argument<string?> dash = new("SOURCE") { Arity = ArgumentArity.ZeroOrOne, HelpName = "-", Description = "A single - reads the value from standard input." };
        Option<string?> file = new("--value-file") { HelpName = "FILE", Description = "Reads the value from a file; - is standard input." };
        Option<bool> keep = new("--keep-newline") { Description = "Keeps the value's trailing newline, of which one is stripped otherwise." };
        Option<string?> workspace = PlaceOptions.Workspace();
        Option<string> project = PlaceOptions.Project();
        Option<string> environment = PlaceOptions.Environment();
        dash.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value != TextSource.StandardInput))
            {
                result.AddError("a value is never given on the command line, where other users can see it: use --value-file FILE, or - for standard input");
            }
        });

        ManagementVerb verb = new(
            "set",
            "Create or replace one secret in one environment.",
            around,
            "enkryptify-gateway secret set DATABASE_URL --project demo --environment production --value-file url.txt",
            "openssl rand -hex 32 | enkryptify-gateway secret set SESSION_KEY - --project demo --environment production")
        {
            name, dash, project, environment, workspace, file, keep,
        };
        verb.Validators.Add(result =>
        {
            bool hasFile = result.GetResult(file) is not null;
            bool hasDash = result.GetResult(dash) is { Tokens.Count: > 0 };
            if (hasFile == hasDash)
            {
                result.AddError(hasFile
                    ? "the value has two sources: give --value-file FILE or -"
                    : "where is the value? Give --value-file FILE, or - for standard input");
            }
        });
        return verb.Does(async (call, cancel) =>
        {
            string value = await TextSource.ReadAsync(around, call.Value(file) ?? TextSource.StandardInput, ValueLimit, cancel);
            value = call.Value(keep) ? value : WithoutNewline(value);
            if (value.Length == 0)
            {
                throw new CommandFailure(ExitCode.Error, "the value is empty: a secret holds at least one character");
            }

            Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
            Place prj = await call.Find.ProjectAsync(ws, call.Value(project)!, cancel);
            Place env = await call.Find.EnvironmentAsync(ws, prj, call.Value(environment)!, cancel);
            string secrets = AdminPaths.Secrets(ws, prj);
            JsonElement? existing = await call.Client.FindAsync($"{secrets}/{call.Value(name)}?environmentId={env.Id}", cancel);
            JsonElement answer = existing is { } found
                ? await call.Client.PutAsync($"{secrets}/{SecretBodies.Id(found)}", SecretBodies.Update(found, env.Id, value), cancel)
                : await call.Client.PostAsync(secrets, SecretBodies.Create(env.Id, call.Value(name)!, value), cancel);
            call.Answer(answer, _ => $"{(existing is null ? "Created" : "Updated")} {call.Value(name)} in {prj}/{env.Name}.");
        });
    }

    /// <summary>Exactly one line end, as editors and <c>echo</c> add it.</summary>
    internal static string WithoutNewline(string value) =>
        value.EndsWith("\r\n", StringComparison.Ordinal) ? value[..^2] : value.EndsWith('\n') ? value[..^1] : value;
}
