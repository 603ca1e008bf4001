using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Enkryptify.Gateway.Cli;

/// <summary>What went wrong between a verb and the gateway, as a message, a hint and an exit code.</summary>
internal static class AdminFailures
{
    private const string WhoMay = "the admin socket serves root and the user the gateway runs as: run this as one of them";
    private const string WhereElse = "is the gateway running? Name its data directory with --data-dir, or the socket with --socket or ENKRYPTIFY_SOCKET";

    public static CommandFailure Refused(HttpStatusCode status, byte[] answer)
    {
        string message = Message(answer) ?? $"the gateway answered {(int)status}";
        return status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(ExitCode.Denied, message, WhoMay),
            HttpStatusCode.NotFound => new(ExitCode.NotFound, message),
            _ => new(ExitCode.Error, message),
        };
    }

    public static CommandFailure NotOwn(string path) => new(
        ExitCode.Denied,
        $"the gateway at {path} was found in the working directory, but another user runs it",
        "if you trust it, name it: --data-dir, --socket or ENKRYPTIFY_SOCKET");

    public static CommandFailure TimedOut(string path, TimeSpan limit) => new(
        ExitCode.Unreachable,
        $"no answer from the gateway at {path} within {limit.TotalSeconds:0} s",
        "the request may still have been carried out: look before repeating a change");

    public static CommandFailure Unreachable(string path, Exception exception) => (exception.InnerException as SocketException)?.SocketErrorCode switch
    {
        SocketError.AccessDenied => new(ExitCode.Denied, $"no permission to open {path}", WhoMay),
        SocketError.AddressNotAvailable => new(ExitCode.Unreachable, $"there is no socket {path}", WhereElse),
        SocketError.ConnectionRefused => new(ExitCode.Unreachable, $"nothing listens on {path}", WhereElse),
        _ => new(ExitCode.Unreachable, $"the gateway at {path} did not give a complete answer", WhoMay),
    };

    private static string? Message(byte[] answer)
    {
        try
        {
            return JsonElement.Parse(answer).Text("message");
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
