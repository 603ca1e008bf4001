using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Cli;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Operations;

/// <summary>
/// The quick start, <c>serve --dev</c>: a key, an owner, a workspace with sample secrets and a token, all made through the same operations as
/// everything else. What was made is written to <c>dev.json</c> (0600), the one place where a raw token may lie. A second start reuses it.
/// </summary>
internal static class DevMode
{
    private const string FileName = "dev.json";
    private const string Owner = "owner@acme.test";
    private const string Workspace = "acme";
    private const string Project = "demo";

    public static void RequireLoopback(GatewayConfig config)
    {
        foreach (var url in config.Server.Listen)
        {
            if (url.Host != "localhost" && !IPAddress.IsLoopback(IPAddress.Parse(url.Host.Trim('[', ']'))))
            {
                throw new CommandFailure(ExitCode.BadConfiguration, $"--dev listens on loopback only, not on {url.Host}", "write a configuration for anything else: see enkryptify.toml.example");
            }
        }
    }

    public static void PrepareKey(GatewayConfig config)
    {
        DataDirectory.Prepare(config.Storage.DataDirectory);
        var path = config.Encryption.MasterKey.Value;
        if (!File.Exists(path))
        {
            PrivateFile.Write(path, MasterKey.NewText() + "\n");
        }
    }

    public static async Task<DevFile> Seed(Gateway gateway, GatewayConfig config, TimeProvider time)
    {
        var path = Path.Combine(config.Storage.DataDirectory, FileName);
        var url = gateway.Urls[0].ToString().TrimEnd('/');
        if (Read(path) is { } known && gateway.Accounts.Any())
        {
            var same = known with { Url = url };
            if (same != known)
            {
                // Not for nothing: a start on a full disk has no room for it.
                PrivateFile.Write(path, JsonSerializer.Serialize(same, DevJson.Default.DevFile));
            }

            return same;
        }

        var file = await Fill(gateway, url, time);
        PrivateFile.Write(path, JsonSerializer.Serialize(file, DevJson.Default.DevFile));
        return file;
    }

    public static void Print(DevFile file, TextWriter output)
    {
        var environment = file.Environments["development"];
        var secrets = $"{file.Url}/v1/workspace/{file.Workspace}/project/{file.Project}/secret";
        var exchange = $"curl -s -X POST {file.Url}/v1/auth/exchange -H 'Authorization: Bearer {file.ApiToken}'";
        var jwt = $"-H \"Authorization: Bearer $({exchange} | cut -d'\"' -f4)\"";
        output.WriteLine(
            $$"""

            Enkryptify Gateway is running at {{file.Url}} (development data in ./{{AdminSocket.DevelopmentDirectory}}, loopback only).
            Owner: {{file.Email}}, password: {{file.Password}}

            Exchange the API token for a JWT of 15 minutes:
            {{exchange}}

            Read the secrets of an environment (each line below exchanges first):
            curl -s '{{secrets}}?environmentId={{environment}}' {{jwt}}

            Write one:
            curl -s -X PUT {{secrets}}/GREETING {{jwt}} -H 'Content-Type: application/json' -d '{"name":"GREETING","type":"runtime","dataType":"text","values":[{"environmentId":"{{environment}}","value":"hello from curl","isPersonal":false}]}'

            """);
        output.Flush();
    }

    /// <summary>Makes what is missing, so that a first start that was killed half-way is finished by the next.</summary>
    private static async Task<DevFile> Fill(Gateway gateway, string url, TimeProvider time)
    {
        if (gateway.RemoteWorkspaces.All.Any(backend => backend.Config.Workspace == Workspace))
        {
            throw new UnusableSettingException($"serve --dev fills workspace {Workspace} with samples, so no backend can be for it: give the backend another workspace.");
        }

        var password = new Sensitive(Passwords.NewText());
        var caller = new OperatorCaller(0, Ids.New(time).ToString("N"));
        if (gateway.Accounts.Any())
        {
            _ = (await gateway.Accounts.ResetPassword(caller, gateway.Sessions, Owner, password)).Value;
        }
        else
        {
            await gateway.Accounts.CreateLocal(Owner, "Dev Owner", password);
        }

        if ((await gateway.Structure.Workspaces(caller)).Value.All(workspace => workspace.Slug != Workspace))
        {
            _ = (await gateway.Structure.CreateWorkspace(caller, "Acme", Workspace, Owner)).Value;
        }

        var view = (await gateway.Structure.View(caller, Workspace, "project")).Value;
        var team = view.Teams.FirstOrDefault() ?? (await gateway.Structure.CreateTeam(caller, Workspace, "platform")).Value;
        var project = view.Project(Project) ?? (await gateway.Structure.CreateProject(caller, Workspace, "Demo", Project, team.Id)).Value;
        var environments = new Dictionary<string, Guid>();
        foreach (var name in (string[])["development", "production"])
        {
            environments[name] = (project.Environment(name) ?? (await gateway.Structure.CreateEnvironment(caller, Workspace, Project, name, hasPersonalOverrides: true)).Value).Id;
        }

        if ((await gateway.Vault.List(caller, new SecretQuery(Workspace, Project, null, Resolve: false))).Value.Count == 0)
        {
            _ = (await gateway.Vault.Create(caller, Workspace, Project, [.. environments.Values.Select(id => id.ToString("D"))],
            [
                new NewSecret("GREETING", new Sensitive("hello"), "runtime", "text", "Shown by the quick start"),
                new NewSecret("DATABASE_URL", new Sensitive("postgres://demo:demo@localhost:5432/demo"), "runtime", "text", ""),
            ])).Value;
        }

        var token = (await gateway.Tokens.Create(caller, Workspace, "quick start", Permission.ReadWrite, Scope.Everything, "6m")).Value;
        return new DevFile(url, Owner, password.Reveal(), Workspace, Project, environments, token.Value.Reveal());
    }

    private static DevFile? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), DevJson.Default.DevFile) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What <c>dev.json</c> holds.</summary>
internal sealed record DevFile(
    string Url, string Email, string Password, string Workspace, string Project, Dictionary<string, Guid> Environments, string ApiToken)
{
    public override string ToString() => "[redacted]";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DevFile))]
internal sealed partial class DevJson : JsonSerializerContext;
