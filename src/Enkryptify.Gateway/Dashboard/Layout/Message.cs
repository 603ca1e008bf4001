namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>A page that says one thing.</summary>
internal sealed record Message(string Title, string Text);
