using System.Globalization;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>One page of a list that was filtered: 100 rows, and where the others are.</summary>
/// <param name="Query">The filter as it stands in the address, so that the links of the other pages keep it.</param>
internal sealed record Paged<T>(IReadOnlyList<T> Items, int Page, int Total, string Path, IReadOnlyList<(string Name, string Value)> Query)
{
    public const int Size = 100;

    public int Pages => Math.Max(1, (Total + Size - 1) / Size);

    /// <summary>The page that the request's <c>page</c> asks for, or the nearest there is.</summary>
    /// <param name="filters">The query parameters that make the filter.</param>
    public static Paged<T> Of(IReadOnlyList<T> all, Call call, params string[] filters)
    {
        var last = Math.Max(1, (all.Count + Size - 1) / Size);
        var page = int.TryParse(call.QueryText("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? Math.Clamp(asked, 1, last) : 1;
        return new Paged<T>(
            [.. all.Skip((page - 1) * Size).Take(Size)], page, all.Count, call.Context.Request.Path.ToUriComponent(),
            [.. filters.Select(name => (name, call.QueryText(name))).Where(filter => filter.Item2.Length > 0)]);
    }

    public string PathOf(int page) => Path + "?" + string.Join('&', Query.Select(filter => $"{filter.Name}={Uri.EscapeDataString(filter.Value)}").Append($"page={page}"));
}

internal static class PageQuery
{
    private const int MaxLength = 200;

    /// <summary>A filter in the address: its text, cut, or nothing.</summary>
    public static string QueryText(this Call call, string name) =>
        call.Context.Request.Query[name] is { Count: > 0 } values && values[0] is { } text ? text.Trim() is { Length: > MaxLength } longer ? longer[..MaxLength] : text.Trim() : "";
}

internal static partial class Parts
{
    /// <summary>Beneath a table: which rows these are, and the way to the others.</summary>
    public static Markup Paging<T>(Paged<T> list, string noun) => list.Total == 0 ? Markup.None : Markup.Of(
        $"""
        <div class="paging"><span>{Counted(list, noun)}</span>{(list.Pages == 1 ? Markup.None : Markup.Of(
            $"<nav aria-label=\"Pages\"><div class=\"row\">{PageLink(list, list.Page - 1, "Previous")}{PageLink(list, list.Page + 1, "Next")}</div></nav>"))}</div>
        """);

    private static string Counted<T>(Paged<T> list, string noun)
    {
        var first = ((list.Page - 1) * Paged<T>.Size) + 1;
        var text = list.Pages == 1
            ? string.Create(CultureInfo.InvariantCulture, $"{list.Total:N0} {noun}")
            : string.Create(CultureInfo.InvariantCulture, $"{first:N0}–{first + list.Items.Count - 1:N0} of {list.Total:N0} {noun}");
        return list.Total == 1 ? text : text + "s";
    }

    private static Markup PageLink<T>(Paged<T> list, int page, string label) => page < 1 || page > list.Pages
        ? Markup.None
        : Markup.Of($"""<a class="button small" href="{list.PathOf(page)}">{label}</a>""");
}
