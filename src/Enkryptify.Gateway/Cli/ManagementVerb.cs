using System.CommandLine;

namespace Enkryptify.Gateway.Cli;

/// <summary>A verb that talks to the running gateway: it finds the socket, knows <c>--json</c>, and hands its work an <see cref="AdminCall"/>.</summary>
internal sealed class ManagementVerb(string name, string description, Surroundings around, params string[] examples) : Verb(name, description, examples)
{
    private readonly Option<string?> _dataDirectory = new("--data-dir")
    {
        HelpName = "DIR",
        Description = "The gateway's data directory, which holds admin.sock.",
    };

    private readonly Option<string?> _socket = new("--socket")
    {
        HelpName = "PATH",
        Description = $"The gateway's admin socket [default: {AdminSocket.Variable}, else ./{AdminSocket.DevelopmentDirectory}/{AdminSocket.FileName} where it exists, "
            + $"else {AdminSocket.DefaultDirectory}/{AdminSocket.FileName}].",
    };

    private readonly Option<bool> _json = new("--json") { Description = "One JSON document on standard output, as the API answers it." };

    /// <summary>Sets the work. Last, so that help shows the verb's own options before the common ones.</summary>
    public ManagementVerb Does(Func<AdminCall, CancellationToken, Task> work)
    {
        Add(_dataDirectory);
        Add(_socket);
        Add(_json);
        Validators.Add(result =>
        {
            if (result.GetResult(_dataDirectory) is not null && result.GetResult(_socket) is not null)
            {
                result.AddError("--data-dir and --socket name the same thing: give one");
            }
        });
        SetAction(async (parsed, cancel) =>
        {
            SocketPlace place = AdminSocket.Locate(around, parsed.GetValue(_dataDirectory), parsed.GetValue(_socket));
            using AdminClient client = new(place, around);
            await work(new AdminCall(parsed, around, client, parsed.GetValue(_json)), cancel);
            return ExitCode.Ok;
        });
        return this;
    }
}
