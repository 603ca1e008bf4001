using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>
/// GET /w/{ws}/issuers: whom the workspace trusts to vouch for workloads. …/new adds one, …/{id}/keys uploads keys, …/{id}/delete removes it: for an admin of
/// the whole workspace, as the store judges.
/// </summary>
internal sealed class IssuersPage(Shells shells, IssuerStore issuers, IssuerKeys keys)
{
    private const string All = "/w/{ws}/issuers";
    private const string Keys = All + "/{id}/keys";
    private const string Remove = All + "/{id}/delete";

    public void Map(RouteTable routes)
    {
        routes.Get(All, RouteAccess.Page, List);
        routes.Get(All + "/new", RouteAccess.Page, call => AddView(call, FormFields.With(("from", "url")), 200));
        routes.Post(All + "/new", RouteAccess.Upload, Add);
        routes.Get(Keys, RouteAccess.Page, call => KeysView(call, FormFields.With(("keepPrevious", "true")), 200));
        routes.Post(Keys, RouteAccess.Upload, Upload);
        routes.Get(Remove, RouteAccess.Page, AskRemove);
        routes.Post(Remove, RouteAccess.Page, RemoveOne);
    }

    public static bool MayManage(WorkspaceView view) => view.Right.May(Act.ManageIssuers, Place.Workspace);

    public static string KeyWords(Issuer issuer)
    {
        var uploaded = issuer.Uploaded.Count == 1 ? "1 key uploaded" : $"{issuer.Uploaded.Count} keys uploaded";
        return !issuer.Discovery ? uploaded : issuer.Uploaded.Count == 0 ? "Fetched from the URL" : "Fetched, and " + uploaded;
    }

    private async ValueTask<Reply> List(Call call)
    {
        if ((await shells.InWorkspace(call, "Issuers", Section.Credentials)).Refused(out var refusal, out var shell)
            || (await issuers.List(call.Person, call.Segment("ws"))).Refused(out refusal, out var all))
        {
            return Reply.Refused(refusal);
        }

        var warnings = MayManage(shell.Workspace!) ? keys.Warnings().Where(warning => warning.Issuer.WorkspaceId == shell.Workspace!.Tree.Id) : [];
        return new PageReply(new Slices.Dashboard_Credentials_IssuersView { Shell = shell, Model = new IssuersModel(all, warnings.ToDictionary(warning => warning.Issuer.Id)) });
    }

    private async ValueTask<Reply> Add(Call call)
    {
        var form = call.Form;
        var (name, url) = (form.Line("name"), form.Line("url"));
        var isUploaded = form["from"] == "upload";
        form.Complain("name", Names.Problem(name));
        form.Complain("url", IssuerUrl.ExactProblem(url) ?? (isUploaded ? null : IssuerUrl.Problem(url)));
        var jwks = isUploaded ? await JwksField.Read(form, call.Aborted) : null;
        form.Complain("jwks", isUploaded && jwks is null ? "Paste the keys, or choose the file that holds them" : null);
        var (ca, origin, token) = isUploaded ? ("", "", new Sensitive("")) : (form.Lines("ca").Trim(), form.Line("jwksOrigin"), form.Secret("bearerToken"));
        form.Complain("ca", ca.Length == 0 ? null : ca.Length > 256 * 1024 ? "must be at most 256 KiB" : IssuerUrl.CaProblem(ca));
        form.Complain("jwksOrigin", origin.Length == 0 ? null : IssuerUrl.OriginProblem(origin));
        form.Complain("bearerToken", token.Reveal() is var text && (text.Length > 16 * 1024 || text.Any(c => c is <= ' ' or > '~')) ? "must be visible ASCII without spaces, at most 16 KiB" : null);
        if (form.HasProblems)
        {
            return await AddView(call, form, 400);
        }

        var request = new IssuerRequest(name, url, !isUploaded, origin, ca, token, jwks);
        if ((await issuers.Create(call.Person, call.Segment("ws"), request)).Refused(out var refusal, out var made))
        {
            form.Complain(refusal, "name", "url", "jwks", "ca", "jwksOrigin", "bearerToken");
            return await AddView(call, form, RefusalReply.StatusOf(refusal.Kind));
        }

        call.Visit.Tell($"{made.Name} is trusted from now on: register its workloads next.");
        return await Back(call);
    }

    private async ValueTask<Reply> Upload(Call call)
    {
        var form = call.Form;
        var jwks = await JwksField.Read(form, call.Aborted);
        form.Complain("jwks", jwks is null ? "Paste the keys, or choose the file that holds them" : null);
        if (form.HasProblems)
        {
            return await KeysView(call, form, 400);
        }

        if ((await issuers.PutKeys(call.Person, call.Segment("ws"), call.Segment("id"), jwks!, form.Ticked("keepPrevious"))).Refused(out var refusal, out var changed))
        {
            form.Complain(refusal, "jwks");
            return await KeysView(call, form, RefusalReply.StatusOf(refusal.Kind));
        }

        call.Visit.Tell($"The keys of {changed.Name} are in force.");
        return await Back(call);
    }

    private async ValueTask<Reply> AskRemove(Call call)
    {
        if ((await One(call)).Refused(out var refusal, out var found))
        {
            return Reply.Refused(refusal);
        }

        var (shell, issuer) = found;
        return Confirmation.Ask(shell, new Confirmation(
            "Trust this issuer no more?",
            Markup.Of(
                $"<p><b><bdi>{issuer.Name}</bdi></b> is removed, with its keys. No token that it signed opens anything from then on.</p><p>It has to be free of workloads: revoke those that are bound to it first.</p>"),
            shell.Path($"issuers/{issuer.Id:D}/delete"), "Remove", shell.Path("issuers")));
    }

    private async ValueTask<Reply> RemoveOne(Call call)
    {
        if ((await issuers.Delete(call.Person, call.Segment("ws"), call.Segment("id"))).Refused(out var refusal, out _))
        {
            return Reply.Refused(refusal);
        }

        call.Visit.Tell("The issuer is removed.");
        return await Back(call);
    }

    private async ValueTask<Reply> AddView(Call call, FormFields form, int status) => Reply.Of(
        await shells.InWorkspace(call, "Add issuer", Section.Credentials),
        shell => MayManage(shell.Workspace!)
            ? new PageReply(new Slices.Dashboard_Credentials_NewIssuerView { Shell = shell, Model = form }, status)
            : Reply.Refused(IssuerStore.NeedsFullScope));

    private async ValueTask<Reply> KeysView(Call call, FormFields form, int status) => Reply.Of(
        await One(call), found => new PageReply(new Slices.Dashboard_Credentials_IssuerKeysView { Shell = found.Shell, Model = (form, found.Issuer) }, status));

    /// <summary>The issuer of the path, for whoever may change it.</summary>
    private async ValueTask<Outcome<(Shell Shell, Issuer Issuer)>> One(Call call)
    {
        if ((await shells.InWorkspace(call, "Issuer", Section.Credentials)).Refused(out var refusal, out var shell)
            || (await issuers.List(call.Person, call.Segment("ws"))).Refused(out refusal, out var all))
        {
            return refusal;
        }

        return !MayManage(shell.Workspace!) ? IssuerStore.NeedsFullScope
            : all.FirstOrDefault(one => one.Id.ToString("D") == call.Segment("id")) is { } issuer ? (shell, issuer)
            : IssuerStore.NoIssuer;
    }

    private async ValueTask<Reply> Back(Call call) => Reply.Of(
        await shells.InWorkspace(call, "Issuers", Section.Credentials), shell => new SeeOther(shell.Path("issuers")));
}

/// <param name="Warnings">By issuer: tokens that named keys which it does not hold.</param>
internal sealed record IssuersModel(IReadOnlyList<Issuer> All, IReadOnlyDictionary<Guid, KeyWarning> Warnings);
