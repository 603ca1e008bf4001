using System.Text.Json.Serialization;

namespace Enkryptify.Gateway.Operations.Doctor;

/// <summary>How bad a finding is.</summary>
internal enum Severity
{
    /// <summary>As it should be.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>To be looked after; nothing is broken yet.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>Something does not work, or is not safe.</summary>
    [JsonStringEnumMemberName("problem")]
    Problem,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Check">A stable word: scripts look for it.</param>
/// <param name="Advice">What to do; null where there is nothing to do.</param>
internal sealed record Finding(string Check, Severity Severity, string Message, string? Advice)
{
    public static Finding Ok(string check, string message) => new(check, Severity.Ok, message, null);

    public static Finding Warning(string check, string message, string advice) => new(check, Severity.Warning, message, advice);

    public static Finding Problem(string check, string message, string advice) => new(check, Severity.Problem, message, advice);
}

internal sealed record FindingsBody(IReadOnlyList<Finding> Findings);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(FindingsBody))]
internal sealed partial class DoctorJson : JsonSerializerContext;
