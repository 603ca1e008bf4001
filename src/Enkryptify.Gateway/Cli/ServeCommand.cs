using System.CommandLine;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Operations;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>serve</c>: the gateway itself, until a signal ends it.</summary>
internal static class ServeCommand
{
    public static Command Build(Surroundings around)
    {
        Option<string?> file = new("--config") { HelpName = "FILE", Description = "The configuration file." };
        Option<bool> dev = new("--dev") { Description = $"Quick start: data, key and sample secrets in ./{AdminSocket.DevelopmentDirectory}, loopback only." };
        Option<string?> listen = new("--listen") { HelpName = "URL", Description = "Where to listen, instead of what the configuration says; several with commas." };
        Verb verb = new("serve", "Run the gateway until SIGTERM or SIGINT.", "enkryptify-gateway serve --config /etc/enkryptify-gateway/enkryptify.toml", "enkryptify-gateway serve --dev")
        {
            file, dev, listen,
        };
        verb.SetAction(async (parsed, _) =>
        {
            var sources = ConfigSources.FromProcess(parsed.GetValue(file));
            if (parsed.GetValue(listen) is { } url)
            {
                sources = sources with { Flags = new Dictionary<string, string> { ["server.listen"] = url } };
            }

            if (parsed.GetValue(dev))
            {
                var directory = Path.Combine(around.WorkingDirectory, AdminSocket.DevelopmentDirectory);
                var config = RunningGateway.Require(ConfigLoader.LoadDev(directory, sources));
                DevMode.RequireLoopback(config);
                DevMode.PrepareKey(config);
                return await RunningGateway.Serve(around, config, () => ConfigLoader.LoadDev(directory, sources), async gateway => DevMode.Print(await DevMode.Seed(gateway, config, around.Clock), around.Output), hangUpEnds: around.InputIsTerminal);
            }

            var production = RunningGateway.Require(ConfigLoader.Load(sources));
            return await RunningGateway.Serve(around, production, () => ConfigLoader.Load(sources), gateway =>
            {
                around.Error.WriteLine($"serving on {string.Join(", ", gateway.Urls)}, admin socket {gateway.AdminSocketPath}");
                if (gateway.FirstOwner.Open() is { } code)
                {
                    // The one secret that is printed: it opens nothing once there is an owner, and ends with this process.
                    around.Error.WriteLine($"there is no owner yet: open {production.Server.PublicUrl}/first-owner and type this code: {code.Reveal()}");
                }

                return Task.CompletedTask;
            });
        });
        return verb;
    }
}
