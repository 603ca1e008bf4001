namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>The subject of a service account's token: <c>system:serviceaccount:NAMESPACE:NAME</c> (Kubernetes, "Service account tokens").</summary>
internal static class ServiceAccount
{
    public const string Mark = "system:serviceaccount:";

    public static string Subject(string space, string name) => $"{Mark}{space}:{name}";

    /// <summary>Namespace and name, or null for the subject of something else.</summary>
    public static (string Namespace, string Name)? Of(string subject) =>
        subject.StartsWith(Mark, StringComparison.Ordinal) && subject[Mark.Length..].Split(':') is [var space, var name]
        && NamespaceProblem(space) is null && NameProblem(name) is null
            ? (space, name)
            : null;

    /// <summary>A DNS label (RFC 1123).</summary>
    public static string? NamespaceProblem(string text) =>
        text.Length is 0 or > 63 || !IsLabel(text) ? "Type a namespace: 1 to 63 characters of a-z, 0-9 and -" : null;

    /// <summary>A DNS subdomain (RFC 1123).</summary>
    public static string? NameProblem(string text) =>
        text.Length is 0 or > 253 || !text.Split('.').All(IsLabel) ? "Type a service account's name: a-z, 0-9, - and ." : null;

    private static bool IsLabel(string text) =>
        text.Length is > 0 and <= 63 && text[0] != '-' && text[^1] != '-' && !text.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-");
}
