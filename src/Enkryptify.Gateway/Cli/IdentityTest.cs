using System.CommandLine;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>identity test</c>: what the exchange would say to a token, step by step, without exchanging it. Exit code 0 when it would be accepted.</summary>
internal static class IdentityTest
{
    /// <summary>The gateway refuses beyond 16 KiB itself, and says so; a wrong file must not fill the memory.</summary>
    private const int Limit = 4 << 20;

    public static ManagementVerb Build(Surroundings around)
    {
        Option<string> file = new("--token-file") { Required = true, HelpName = "FILE|-", Description = "Where the token is; - is standard input." };
        Option<string?> workspace = PlaceOptions.Workspace();
        return new ManagementVerb(
            "test",
            "Explain step by step whether a workload's token would be accepted, without exchanging it.",
            around,
            "enkryptify-gateway identity test --token-file token.jwt",
            "kubectl create token web --namespace shop --audience https://gateway.example.com | enkryptify-gateway identity test --token-file -") { file, workspace }
            .Does(async (call, cancel) =>
            {
                string token = SecretSet.WithoutNewline(await TextSource.ReadAsync(around, call.Value(file)!, Limit, cancel));
                Place ws = await call.Find.WorkspaceAsync(call.Value(workspace), cancel);
                JsonElement exam = await call.Client.PostAsync($"{AdminPaths.Identities(ws)}/test", JsonBody.Of(writer => writer.WriteString("token"u8, token)), cancel);
                call.Answer(exam, people: _ => Write(around, exam));
                if (!exam.Flag("accepted"))
                {
                    throw new CommandFailure(ExitCode.Denied, $"the exchange would refuse this token: {exam.Text("reason")}");
                }
            });
    }

    private static void Write(Surroundings around, JsonElement exam)
    {
        foreach (JsonElement step in exam.Items("steps"))
        {
            string found = step.Text("found") is { } text ? ": " + text : "";
            around.Output.WriteLine(Printable.Of($"{(step.Flag("passed") ? "ok    " : "FAILED")} {step.Text("step")}{found}"));
            if (step.Text("expected") is { } expected)
            {
                around.Output.WriteLine(Printable.Of($"       expected: {expected}"));
            }
        }
    }
}
