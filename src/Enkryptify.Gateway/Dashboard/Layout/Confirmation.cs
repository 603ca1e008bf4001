namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>
/// "Are you sure", with what will happen: a page of its own, which a link with <c>data-confirm</c> opens as a dialog where there is script. GET shows it,
/// POST to the same path does it.
/// </summary>
/// <param name="Text">What will happen, as markup made with <see cref="Markup.Of"/>.</param>
/// <param name="Action">The path that is posted to.</param>
/// <param name="Cancel">Where No leads.</param>
internal sealed record Confirmation(string Title, Markup Text, string Action, string Button, string Cancel)
{
    public bool IsDangerous { get; init; } = true;

    /// <summary>Text that must be typed, such as the name of what is deleted; posted as <c>typed</c>.</summary>
    public string? Type { get; init; }

    /// <summary>What went wrong the last time, if this is shown again.</summary>
    public string? Problem { get; init; }

    /// <summary>More to be posted along.</summary>
    public IReadOnlyList<(string Name, string Value)> Hidden { get; init; } = [];

    public static Http.Reply Ask(Shell shell, Confirmation question, int status = 200) =>
        new PageReply(new Slices.Dashboard_Layout_ConfirmationView { Shell = shell, Model = question }, status);
}
