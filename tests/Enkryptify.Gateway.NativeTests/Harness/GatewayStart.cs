using Enkryptify.Gateway.NativeTests.Tracing;

namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>How a gateway is started; what is not set is the quick start in a fresh directory.</summary>
internal sealed record GatewayStart
{
    /// <summary>The working directory. It stays when given, and is a temporary one when not.</summary>
    public string? Directory { get; init; }

    /// <summary>What follows the executable's name, instead of <c>serve --dev --listen URL</c>.</summary>
    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>A command line that becomes the executable, put before its own.</summary>
    public IReadOnlyList<string>? Launcher { get; init; }

    /// <summary>What the quick start gets beside <c>--dev</c> and <c>--listen</c>.</summary>
    public IReadOnlyList<string> MoreArguments { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Runs it under strace, with the calls written to this log.</summary>
    public Trace? Trace { get; init; }
}
