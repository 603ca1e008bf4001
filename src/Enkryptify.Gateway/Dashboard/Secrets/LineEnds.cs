namespace Enkryptify.Gateway.Dashboard.Secrets;

/// <summary>
/// A browser's text area knows one kind of line end. A value with Windows line ends gets them back when it is saved; one that mixes them cannot be
/// edited in a browser without being changed, so it is only shown.
/// </summary>
internal static class LineEnds
{
    private const string Windows = "crlf";

    /// <summary>What the form remembers about the value it shows.</summary>
    public static string Of(string value) => value.Contains('\r') ? Windows : "";

    public static bool CanBeEdited(string value) =>
        !value.Contains('\r') || value == value.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal);

    /// <param name="text">As the text area had it.</param>
    public static string Restore(string text, string ends) => ends == Windows ? text.Replace("\n", "\r\n", StringComparison.Ordinal) : text;
}
