using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Enkryptify.Gateway.Configuration;

/// <summary>Either a configuration, or every reason why there is none.</summary>
/// <param name="Settings">Each known key with its effective value and where that came from, in the order of the example file.</param>
internal sealed record ConfigResult(GatewayConfig? Config, ImmutableArray<ConfigError> Errors, ImmutableArray<ConfigSetting> Settings)
{
    [MemberNotNullWhen(true, nameof(Config))]
    public bool IsValid => Config is not null;
}

/// <summary>One mistake and the place to correct it.</summary>
/// <param name="File">The file, or the name of the environment variable or flag.</param>
/// <param name="Line">From 1; 0 where there are no lines.</param>
/// <param name="Key">The key path, or empty when the text is not TOML at all.</param>
/// <param name="Message">Never repeats the value: what stands there may be a secret put in the wrong place.</param>
internal sealed record ConfigError(string File, int Line, string Key, string Message)
{
    public override string ToString() =>
        (Line > 0 ? $"{File}:{Line}: " : $"{File}: ") + (Key.Length > 0 ? $"{Key}: " : "") + Message;
}

/// <summary>An effective value, in its TOML and JSON shape, and its source.</summary>
internal sealed record ConfigSetting(string Key, JsonNode Value, ConfigSource Source);

/// <summary>Where a value stands: the default, a line of the file, an environment variable or a flag.</summary>
internal sealed record ConfigSource(ConfigSourceKind Kind, string Name, int Line)
{
    public static ConfigSource Default { get; } = new(ConfigSourceKind.Default, "default", 0);

    public override string ToString() => Kind switch
    {
        ConfigSourceKind.File => $"{Name}:{Line}",
        ConfigSourceKind.Environment => $"environment {Name}",
        ConfigSourceKind.Flag => $"flag {Name}",
        _ => Name,
    };
}

/// <summary>In rising precedence.</summary>
internal enum ConfigSourceKind
{
    Default,
    File,
    Environment,
    Flag,
}
