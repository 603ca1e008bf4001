using Enkryptify.Gateway.Http;
using RazorSlices;

namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>A page's template, the part within the shell. Its <c>.cshtml</c> begins with <c>@inherits PageView&lt;TModel&gt;</c>.</summary>
internal abstract class PageView<TModel> : RazorSlice<TModel>, IPageView
{
    public required Shell Shell { get; init; }

    RazorSlice IPageView.Slice => this;

    /// <summary>The hidden field that each form needs: <c>@FormToken</c>.</summary>
    protected Markup FormToken => Markup.Of($"<input type=\"hidden\" name=\"{Visit.TokenField}\" value=\"{Shell.FormToken}\">");

    protected Markup Time(DateTimeOffset? at, string otherwise = "never") => Parts.Time(at, Shell.Now, otherwise);

    protected Markup Time(DateTime? at, string otherwise = "never") => Parts.Time(at is { } utc ? new DateTimeOffset(utc, TimeSpan.Zero) : null, Shell.Now, otherwise);
}

internal interface IPageView
{
    Shell Shell { get; }

    RazorSlice Slice { get; }
}

/// <summary>A template that is part of a page and gets all it shows as its model.</summary>
internal abstract class PartView<TModel> : RazorSlice<TModel>;

/// <summary>A rendered page. It is rendered whole before the first byte leaves, so that what fails half-way is answered as an error.</summary>
internal sealed class PageReply(IPageView page, int status = 200) : Reply
{
    public override async Task Write(HttpContext context, string requestId)
    {
        using var buffer = new PageBuffer();
        using (RazorSlice slice = page.Shell.Person is null || page.Shell.Section == Section.None
            ? new Slices.Dashboard_Layout_Bare { Model = page }
            : new Slices.Dashboard_Layout_Framed { Model = page })
        {
            await slice.RenderAsync(buffer, cancellationToken: context.RequestAborted).ConfigureAwait(false);
        }

        page.Slice.Dispose();
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = buffer.Length;
        await response.Body.WriteAsync(buffer.Written, context.RequestAborted).ConfigureAwait(false);
    }
}
