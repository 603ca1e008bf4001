using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>
/// GET, POST /w/{ws}/credentials/new/kubernetes: registers a workload. The issuer is one that the workspace trusts already, or, from an admin of the whole
/// workspace, one more. There is no value to show, so what follows is the identity's own page.
/// </summary>
internal sealed class NewKubernetesPage(Shells shells, IdentityStore identities, IssuerStore issuers, string publicUrl)
{
    private const string Pattern = "/w/{ws}/credentials/new/kubernetes";
    private const string Another = "new";

    public void Map(RouteTable routes)
    {
        routes.Get(Pattern, RouteAccess.Page, call => View(call, null, 200));
        routes.Post(Pattern, RouteAccess.Upload, Register);
    }

    private async ValueTask<Reply> Register(Call call)
    {
        if ((await shells.InWorkspace(call, "New workload", Section.Credentials)).Refused(out var refusal, out var shell))
        {
            return Reply.Refused(refusal);
        }

        var form = call.Form;
        var name = CredentialForm.ReadName(form);
        var permission = CredentialForm.ReadPermission(form);
        var scope = ScopeForm.Read(form, shell.Workspace!);
        var (issuer, url, jwks) = await Issuer(form, call.Aborted);
        var subject = Subject(form);
        var audience = Exact(form, "audience", "Type the audience that the workload's token is for");
        var uid = form.Line("serviceAccountUid") is { Length: > 0 } given ? given : null;
        form.Complain("serviceAccountUid", uid is null ? null : IssuerUrl.ExactProblem(uid, 128));
        var claims = ClaimLines.Read(form);
        if (form.HasProblems)
        {
            return await View(call, form, 400);
        }

        var request = new IdentityRequest(name, issuer, url, jwks, audience, subject, permission, scope, claims, uid);
        if ((await identities.Create(call.Person, call.Segment("ws"), request)).Refused(out refusal, out var made))
        {
            form.Complain(InFormsWords(refusal), "name", "permission", "scope", "issuer", "issuerUrl", "jwks", "audience", "serviceAccountUid", "claims");
            return await View(call, form, RefusalReply.StatusOf(refusal.Kind));
        }

        call.Visit.Tell($"{name} is registered. Nothing needs to be handed over: the workload proves itself as shown below.");
        return new SeeOther(shell.Path($"credentials/{made.Credential.Id:D}"));
    }

    private static async ValueTask<(Guid? Id, string? Url, string? Jwks)> Issuer(FormFields form, CancellationToken aborted)
    {
        if (form["issuer"] != Another)
        {
            form.Complain("issuer", Ids.TryParse(form["issuer"], out var id) ? null : "Choose who vouches for the workload");
            return (id, null, null);
        }

        var jwks = await JwksField.Read(form, aborted);
        var url = Exact(form, "issuerUrl", "Type the issuer's URL, to the letter as its tokens have it");
        form.Complain("issuerUrl", jwks is null && form.ProblemOf("jwks") is null && IssuerUrl.Problem(url) is { } unfit ? unfit + "; or give its public keys" : null);
        return (null, url, jwks);
    }

    private static string Subject(FormFields form)
    {
        if (form["workload"] == "subject")
        {
            return Exact(form, "subject", "Type the subject that the workload's token has");
        }

        var (space, account) = (form.Line("namespace"), form.Line("serviceAccount"));
        form.Complain("namespace", ServiceAccount.NamespaceProblem(space));
        form.Complain("serviceAccount", ServiceAccount.NameProblem(account));
        return ServiceAccount.Subject(space, account);
    }

    private static string Exact(FormFields form, string name, string whenEmpty)
    {
        var text = form.Line(name);
        form.Complain(name, text.Length == 0 ? whenEmpty : IssuerUrl.ExactProblem(text));
        return text;
    }

    /// <summary>What the API calls <c>issuer</c> or <c>url</c> is the form's <c>issuerUrl</c>.</summary>
    private static Refusal InFormsWords(Refusal refusal)
    {
        foreach (var name in (string[])["issuer: ", "url: "])
        {
            if (refusal.Message.StartsWith(name, StringComparison.Ordinal))
            {
                return refusal with { Message = "issuerUrl: " + refusal.Message[name.Length..] };
            }
        }

        return refusal;
    }

    /// <param name="sent">Null shows the form for the first time.</param>
    private async ValueTask<Reply> View(Call call, FormFields? sent, int status)
    {
        if ((await shells.InWorkspace(call, "New workload", Section.Credentials)).Refused(out var refusal, out var shell)
            || (await issuers.List(call.Person, call.Segment("ws"))).Refused(out refusal, out var trusted))
        {
            return Reply.Refused(refusal);
        }

        var form = sent ?? FormFields.With(
            ("permission", "read"), ("access", "chosen"), ("workload", "account"), ("audience", publicUrl), ("issuer", trusted.Count > 0 ? trusted[0].Id.ToString("D") : Another));
        var mayAdd = shell.Workspace!.Right.May(Act.ManageIssuers, Place.Workspace);
        return new PageReply(new Slices.Dashboard_Credentials_NewKubernetesView { Shell = shell, Model = new NewKubernetesModel(form, trusted, mayAdd) }, status);
    }
}

/// <param name="MayAddIssuer">Whether the person may say whom the workspace trusts.</param>
internal sealed record NewKubernetesModel(FormFields Form, IReadOnlyList<Issuer> Issuers, bool MayAddIssuer)
{
    public IEnumerable<(string Value, string Label)> Choices =>
        Issuers.Select(issuer => (issuer.Id.ToString("D"), issuer.Name == issuer.Url ? issuer.Url : $"{issuer.Name} ({issuer.Url})")).Concat(MayAddIssuer ? [("new", "Another issuer…")] : []);

    /// <summary>Whether the part of the form that few need is shown open.</summary>
    public bool ShowsMore => Form.Line("serviceAccountUid").Length > 0 || Form.Line("claims").Length > 0;
}
