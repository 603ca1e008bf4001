using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.SignIn;

/// <summary>GET, POST /first-owner: makes the first account and its workspace, with the code that the gateway printed. Once there is an account, the page is none.</summary>
internal sealed class FirstOwnerPage(Shells shells, FirstOwner first, DashboardSession session)
{
    private const string Pattern = "/first-owner";

    public void Map(RouteTable routes)
    {
        var why = RouteAccess.OpenPage("there is nobody yet who could sign in; the code that the host printed is the proof, checked here");
        routes.Get(Pattern, why, Show);
        routes.Post(Pattern, why, Post);
    }

    private ValueTask<Reply> Show(Call call) =>
        ValueTask.FromResult<Reply>(first.IsOpen ? View(call, FormFields.Empty(), 200) : Reply.Refused(Refusal.NotFound("Page")));

    private async ValueTask<Reply> Post(Call call)
    {
        if (!first.IsOpen)
        {
            return Reply.Refused(Refusal.NotFound("Page"));
        }

        var form = call.Form;
        if (first.Wait(call.Network) is { } wait)
        {
            form.Complain($"Too many wrong codes. Wait {Waiting.Words(wait)}, then try again.");
            Login.RetryAfter(call, wait);
            return View(call, form, 429);
        }

        var owner = Read(form);
        if (form.HasProblems)
        {
            return View(call, form, 400);
        }

        if ((await first.Create(form.Secret("code"), owner, call.Network, call.Address, call.RequestId)).Refused(out var refusal, out var proof))
        {
            form.Complain(refusal, "code");
            return View(call, form, RefusalReply.StatusOf(refusal.Kind));
        }

        return Reply.Of(await session.Begin(call, proof), _ => new SeeOther($"/w/{owner.Slug}/credentials"));
    }

    private static NewOwner Read(FormFields form)
    {
        var (email, name, workspace) = (form.Line("email").ToLowerInvariant(), form.Line("name"), form.Line("workspace"));
        var slug = form.Line("slug") is { Length: > 0 } typed ? typed : SlugOf(workspace);
        form.Complain("code", form.Line("code").Length == 0 ? "Type the code" : null);
        form.Complain("name", Names.Problem(name));
        form.Complain("email", Accounts.IsEmail(email) ? null : "Must be an e-mail address");
        form.Complain("password", NewPassword.Problem(form.Secret("password")));
        form.Complain("workspace", Names.Problem(workspace));
        form.Complain("slug", slug.Length == 0 && form.ProblemOf("workspace") is not null ? null : Names.SlugProblem(slug));
        return new NewOwner(email, name, form.Secret("password"), workspace, slug);
    }

    /// <summary>What a workspace's address is when nothing was typed: its name, as far as an address can say it.</summary>
    private static string SlugOf(string name) =>
        string.Join('-', new string([.. name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private PageReply View(Call call, FormFields form, int status) =>
        new(new Slices.Dashboard_SignIn_FirstOwnerView { Shell = shells.Plain(call, "Set up"), Model = form }, status);
}

/// <summary>The rule of a new password, in words for a form.</summary>
internal static class NewPassword
{
    public static string Hint { get; } = $"At least {Passwords.MinLength} characters.";

    public static string? Problem(Encryption.Sensitive password) => password.Reveal() switch
    {
        { Length: < Passwords.MinLength } => $"Must have at least {Passwords.MinLength} characters",
        { Length: > Passwords.MaxLength } => $"Must have at most {Passwords.MaxLength} characters",
        var text when text.Contains('\0') => "Must not contain NUL",
        _ => null,
    };
}
