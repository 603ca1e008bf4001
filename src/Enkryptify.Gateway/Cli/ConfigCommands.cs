using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>config check</c> and <c>config print</c>: what the gateway would run with, without starting it.</summary>
internal static class ConfigCommands
{
    public static Command Build() => Build(ConfigSources.FromProcess);

    /// <param name="sources">Makes the sources from the value of <c>--config</c>.</param>
    internal static Command Build(Func<string?, ConfigSources> sources)
    {
        var file = new Option<string?>("--config")
        {
            Description = $"The configuration file; without it ${ConfigSources.FileVariable}, then the installed one if there is one.",
            HelpName = "FILE",
        };
        var json = new Option<bool>("--json") { Description = "Write JSON." };

        var check = new Verb("check", "Report every mistake in the configuration at once, with file and line.", "enkryptify-gateway config check --config enkryptify.toml") { file, json };
        check.SetAction(parsed => Check(ConfigLoader.Load(sources(parsed.GetValue(file))), parsed.GetValue(json), parsed.InvocationConfiguration));

        var print = new Verb("print", "Print every setting with the source of its value.", "enkryptify-gateway config print --json") { file, json };
        print.SetAction(parsed => Print(ConfigLoader.Load(sources(parsed.GetValue(file))), parsed.GetValue(json), parsed.InvocationConfiguration));

        return new Verb("config", "Check or print the configuration.", "enkryptify-gateway config check") { check, print };
    }

    private static int Check(ConfigResult result, bool json, InvocationConfiguration console)
    {
        if (json)
        {
            console.Output.WriteLine(JsonSerializer.Serialize(new ConfigCheckReport(result.IsValid, result.Errors), ConfigJson.Readable.ConfigCheckReport));
        }
        else if (result.IsValid)
        {
            console.Output.WriteLine("ok");
        }
        return Report(result, console);
    }

    private static int Print(ConfigResult result, bool json, InvocationConfiguration console)
    {
        if (!result.IsValid)
        {
            return Report(result, console);
        }
        if (json)
        {
            ImmutableArray<ConfigSettingReport> settings =
                [.. result.Settings.Select(setting => new ConfigSettingReport(setting.Key, setting.Value, setting.Source.ToString()))];
            console.Output.WriteLine(JsonSerializer.Serialize(settings, ConfigJson.Readable.ImmutableArrayConfigSettingReport));
            return 0;
        }
        string section = "";
        foreach (ConfigSetting setting in result.Settings)
        {
            string[] path = setting.Key.Split('.', 2);
            if (path[0] != section)
            {
                // The tables of a list are told apart by a number, which TOML does not write.
                string header = path[0].Split('[') is [var list, _] ? $"[[{list}]]" : $"[{path[0]}]";
                console.Output.WriteLine(section.Length == 0 ? header : Environment.NewLine + header);
                section = path[0];
            }
            console.Output.WriteLine($"{path[1]} = {Toml(setting.Value)} # {setting.Source}");
        }
        return 0;
    }

    private static int Report(ConfigResult result, InvocationConfiguration console)
    {
        foreach (ConfigError error in result.Errors)
        {
            console.Error.WriteLine(error);
        }
        return result.IsValid ? ExitCode.Ok : ExitCode.BadConfiguration;
    }

    /// <summary>Strings, numbers, booleans and lists are the same in TOML as in JSON.</summary>
    private static string Toml(JsonNode value) => value is JsonArray list
        ? $"[{string.Join(", ", list.Select(item => Toml(item!)))}]"
        : JsonSerializer.Serialize(value, ConfigJson.Readable.JsonNode);
}

internal sealed record ConfigCheckReport(bool Ok, ImmutableArray<ConfigError> Errors);

internal sealed record ConfigSettingReport(string Key, JsonNode Value, string Source);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ConfigCheckReport))]
[JsonSerializable(typeof(ImmutableArray<ConfigSettingReport>))]
[JsonSerializable(typeof(JsonNode))]
internal sealed partial class ConfigJson : JsonSerializerContext
{
    /// <summary>For people's eyes and pipes, never for a page: no letters escaped for HTML.</summary>
    public static ConfigJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
