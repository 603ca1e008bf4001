using System.CommandLine;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>user reset-password</c>: break-glass on the host, for whoever is locked out, the owner included.</summary>
internal static class UserCommands
{
    public static Command Build(Surroundings around) =>
        new Verb("user", "Look after accounts.", "enkryptify-gateway user reset-password owner@example.com --password-file -") { ResetPassword(around) };

    private static ManagementVerb ResetPassword(Surroundings around)
    {
        Argument<string> email = new("EMAIL");
        Option<string> file = new("--password-file")
        {
            Required = true, HelpName = "FILE|-", Description = "Where the new password is; - is standard input. One newline at its end is left out.",
        };
        return new ManagementVerb(
                "reset-password", "Set a person's password, lift a lock, confirm their e-mail, and end all their sessions.", around,
                "enkryptify-gateway user reset-password owner@example.com --password-file new-password.txt") { email, file }
            .Does(async (call, cancel) =>
            {
                string password = await PasswordSource.ReadAsync(around, call.Value(file)!, cancel);
                byte[] body = JsonBody.Of(writer =>
                {
                    writer.WriteString("email"u8, call.Value(email));
                    writer.WriteString("password"u8, password);
                });
                call.Answer(await call.Client.PostAsync("/v1/user/password", body, cancel), _ => $"The password of {call.Value(email)} is set; all their sessions have ended.");
            });
    }
}

/// <summary>A password from a file or standard input, never from the command line.</summary>
internal static class PasswordSource
{
    public static async Task<string> ReadAsync(Surroundings around, string source, CancellationToken cancel)
    {
        string text = await TextSource.ReadAsync(around, source, 4096, cancel);
        return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
    }
}
