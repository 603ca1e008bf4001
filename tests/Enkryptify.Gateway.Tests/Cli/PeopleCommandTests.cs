using System.Text;
using System.Text.Json.Nodes;
using Enkryptify.Gateway.Cli;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.Tests.Cli;

/// <summary><c>member …</c> and <c>user reset-password</c> through the admin socket of a real gateway.</summary>
public sealed class PeopleCommandTests(SharedAcme shared) : IClassFixture<SharedAcme>
{
    private static int _emails;
    private readonly TestGateway _gateway = shared.Gateway;

    [Fact]
    public async Task Invite_prints_the_link_alone_on_standard_output_and_it_works()
    {
        string email = Email();
        CliRun run = await Run($"member invite {email} --role developer --project shop --environment bank/dev --workspace acme");

        Assert.Equal(ExitCode.Ok, run.Code);
        Assert.Matches("^https://gateway.test/invite/[0-9A-Za-z]{32}\n$", run.Output);
        Assert.Contains($"Invited {email} as developer", run.Error, StringComparison.Ordinal);
        string code = run.Output.Trim().Split('/')[^1];
        Assert.DoesNotContain(code, run.Error, StringComparison.Ordinal);
        Assert.Equal(200, (await _gateway.Anonymous.Post($"/v1/invite/{code}/accept", Json.Of(("name", "Sam"), ("password", People.Password)))).Status);
        Api login = await _gateway.People.SignIn(email);
        Assert.Equal(200, (await login.Get("/v1/workspace/acme/project/shop/secret/KEY")).Status);
        JsonNode bank = (await login.Get("/v1/workspace/acme/project/bank/secret/KEY")).Json;
        Assert.Equal("bank-dev", bank["values"]!.AsArray().Single()!["value"]!.GetValue<string>());
    }

    [Fact]
    public async Task Invite_needs_a_scope_and_a_role_that_exists()
    {
        CliRun scope = await Run($"member invite {Email()} --workspace acme");
        CliRun role = await Run($"member invite {Email()} --workspace acme --all --role owner");
        CliRun email = await Run("member invite nobody --workspace acme --all");

        Assert.Equal((ExitCode.Usage, ExitCode.Usage), (scope.Code, role.Code));
        Assert.Contains("say what may be reached", scope.Error, StringComparison.Ordinal);
        Assert.Equal(new CliRun(ExitCode.Error, "", "error: email: must be an e-mail address\n"), email);
    }

    [Fact]
    public async Task List_shows_everybody_with_role_and_status()
    {
        Person person = await _gateway.People.Join("developer", Json.Scope(teams: [shared.Acme.Red]));
        string invited = Email();
        await _gateway.People.Invite(invited, "admin");

        CliRun run = await Run("member list --workspace acme");

        Assert.Equal(ExitCode.Ok, run.Code);
        string[] lines = run.Output.Split('\n');
        Assert.Matches("^E-MAIL +NAME +ROLE +STATUS +SCOPE +ID$", lines[0]);
        Assert.Matches("^owner@acme.test +Owner +owner +account-created +everything +[0-9a-f-]{36}$", Line("owner@acme.test"));
        Assert.Matches($"^{person.Email} +developer +developer +account-created +part +{person.MemberId}$", Line(person.Email));
        Assert.Matches($"^{invited} +admin +invite-sent +everything +[0-9a-f-]{{36}}$", Line(invited));
        JsonNode json = JsonNode.Parse((await Run("member list --workspace acme --json")).Output)!;
        Assert.Equal((await _gateway.Operator.Get("/v1/workspace/acme/rbac")).Body, json.ToJsonString());

        string Line(string email) => lines.Single(line => line.StartsWith(email + " ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Change_takes_an_email_or_an_id_and_holds_at_once()
    {
        Person person = await _gateway.People.Join("member");
        const string Secrets = "/v1/workspace/acme/project/shop/secret";
        JsonObject secret = Json.Secret($"BY_CLI_{person.MemberId.Replace('-', '_')}", "v", [shared.Acme.ShopDev]);
        Assert.Equal(403, (await person.Api.Post(Secrets, secret)).Status);

        CliRun promoted = await Run($"member change {person.Email.ToUpperInvariant()} --role developer --workspace acme");
        Assert.Equal(new CliRun(ExitCode.Ok, $"Changed {person.Email}: developer.\n", ""), promoted);
        Assert.Equal(201, (await person.Api.Post(Secrets, secret)).Status);

        CliRun narrowed = await Run($"member change {person.MemberId} --project bank --workspace acme --json");
        Assert.Equal(ExitCode.Ok, narrowed.Code);
        Assert.Equal("developer", JsonNode.Parse(narrowed.Output)!["role"]!.GetValue<string>());
        Assert.Equal(404, (await person.Api.Get(Secrets)).Status);
        Assert.Equal(200, (await person.Api.Get("/v1/workspace/acme/project/bank/secret")).Status);

        CliRun nothing = await Run($"member change {person.Email} --workspace acme");
        Assert.Equal(ExitCode.Usage, nothing.Code);
        Assert.Contains("say what to change", nothing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_ends_a_member_or_an_invitation()
    {
        Person person = await _gateway.People.Join("member");
        string invited = Email();
        (string _, string code) = await _gateway.People.Invite(invited);

        Assert.Equal(new CliRun(ExitCode.Ok, $"Removed {person.Email}.\n", ""), await Run($"member remove {person.Email} --workspace acme"));
        Assert.Equal(ExitCode.Ok, (await Run($"member remove {invited} --workspace acme")).Code);

        Assert.Equal(401, (await person.Api.Get("/v1/me")).Status);
        Assert.Equal(404, (await _gateway.Anonymous.Get($"/v1/invite/{code}")).Status);
        CliRun again = await Run($"member remove {person.Email} --workspace acme");
        Assert.Equal(
            new CliRun(ExitCode.NotFound, "", $"error: acme has no member or invitation {person.Email}\nhint: enkryptify-gateway member list shows them\n"), again);
    }

    [Fact]
    public async Task The_owner_stays()
    {
        CliRun run = await Run("member remove owner@acme.test --workspace acme");

        Assert.Equal(new CliRun(ExitCode.Error, "", "error: The owner of a workspace cannot be changed or removed\n"), run);
    }

    [Theory]
    [InlineData("a new password", "a new password")]
    [InlineData("a new password\n", "a new password")]
    [InlineData("a new password\r\n", "a new password")]
    [InlineData("pässwörd ☃\n\n", "pässwörd ☃\n")]
    public async Task Reset_password_reads_standard_input_or_a_file(string text, string password)
    {
        Person person = await _gateway.People.Join("member");
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, text);

        CliRun stdin = await Run($"user reset-password {person.Email} --password-file -", text);

        Assert.Equal(new CliRun(ExitCode.Ok, $"The password of {person.Email} is set; all their sessions have ended.\n", ""), stdin);
        Assert.Equal(401, (await person.Api.Get("/v1/me")).Status);
        Assert.Equal(200, (await SignIn(person.Email, password)).Status);
        Assert.Equal(401, (await SignIn(person.Email, People.Password)).Status);
        Assert.Equal(ExitCode.Ok, (await Run($"user reset-password {person.Email} --password-file {file}")).Code);
        Assert.Equal(200, (await SignIn(person.Email, password)).Status);
        File.Delete(file);
    }

    [Fact]
    public async Task Reset_password_lifts_a_lock_and_confirms_the_email()
    {
        Person person = await _gateway.People.Join("member");
        for (int i = 0; i < 6; i++)
        {
            await SignIn(person.Email, "wrong password");
        }

        Assert.Equal(429, (await SignIn(person.Email, People.Password)).Status);
        Assert.Equal(ExitCode.Ok, (await Run($"user reset-password {person.Email} --password-file -", "a new password")).Code);
        Answer signedIn = await SignIn(person.Email, "a new password");
        Assert.Equal(200, signedIn.Status);
        Assert.True((await _gateway.Bearer(signedIn.Json["accessToken"]!.GetValue<string>()).Get("/v1/me")).Json["verified"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Reset_password_says_what_is_wrong_without_repeating_the_password()
    {
        Person person = await _gateway.People.Join("member");

        CliRun unknown = await Run("user reset-password nobody@acme.test --password-file -", "a new password");
        CliRun tooShort = await Run($"user reset-password {person.Email} --password-file -", "s3cr3t");
        CliRun missing = await Run($"user reset-password {person.Email} --password-file /nowhere/pw");
        CliRun none = await Run($"user reset-password {person.Email}");

        Assert.Equal(new CliRun(ExitCode.NotFound, "", "error: Account not found\n"), unknown);
        Assert.Equal(new CliRun(ExitCode.Error, "", "error: password: must contain at least 8 characters\n"), tooShort);
        Assert.Equal(new CliRun(ExitCode.Error, "", "error: there is no file /nowhere/pw\n"), missing);
        Assert.Equal(ExitCode.Usage, none.Code);
        Assert.Equal(200, (await person.Api.Get("/v1/me")).Status);
    }

    private static string Email() => $"cli{Interlocked.Increment(ref _emails)}@acme.test";

    private Task<CliRun> Run(string line, string input = "") =>
        new Cli { Socket = _gateway.Gateway.AdminSocketPath, Input = Encoding.UTF8.GetBytes(input) }.RunAsync(line.Split(' '));

    private Task<Answer> SignIn(string email, string password) => _gateway.Anonymous.Post("/v1/auth/login", Json.Of(("email", email), ("password", password)));
}
