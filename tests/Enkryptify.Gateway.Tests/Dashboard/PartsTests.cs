using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Tests.Dashboard;

/// <summary>The pieces that pages are made of, without a gateway.</summary>
public class PartsTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\" onmouseover=\"x")]
    [InlineData("' autofocus onfocus='x")]
    [InlineData("</textarea><img src=x>")]
    [InlineData("&lt;b&gt;")]
    public void What_is_put_into_markup_stays_text(string hostile)
    {
        var form = FormFields.With(("field", hostile));
        form.Complain("field", hostile);
        foreach (var markup in new[]
        {
            Markup.Of($"<p title=\"{hostile}\">{hostile}</p>"), Parts.Name(hostile), Parts.Badge(hostile), Parts.Input(form, new Field("field", hostile) { Hint = hostile }),
            Parts.TextArea(form, new Field("field", "Text")), Parts.Copy("id", "Label", hostile), Parts.CopyBlock("id", "Label", hostile), Parts.Empty(hostile, hostile),
            Parts.Select(form, new Field("field", "Text"), (hostile, hostile)), Parts.Choices(form, "field", hostile, (hostile, hostile, hostile)),
        })
        {
            var text = markup.ToString();
            Assert.DoesNotContain(hostile, text, StringComparison.Ordinal);
            Assert.Contains(hostile, System.Net.WebUtility.HtmlDecode(text), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0, "just now")]
    [InlineData(-44, "just now")]
    [InlineData(30, "in a moment")]
    [InlineData(-60, "1 minute ago")]
    [InlineData(-3570, "1 hour ago")]
    [InlineData(-86_000, "1 day ago")]
    [InlineData(86_400 * 3, "in 3 days")]
    [InlineData(86_400 * 60, "in 2 months")]
    [InlineData(86_400 * -800, "2 years ago")]
    public void Times_are_words_with_the_exact_time_beside_them(int seconds, string words)
    {
        Assert.Equal(words, Parts.Words(Now.AddSeconds(seconds), Now));
        Assert.Contains("title=\"1 June 2026, 12:00:00 UTC\"", Parts.Time(Now, Now).ToString(), StringComparison.Ordinal);
        Assert.Contains("datetime=\"2026-06-01T12:00:00Z\"", Parts.Time(Now, Now).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_is_shown_beside_the_field_that_it_names()
    {
        var form = FormFields.Empty();
        form.Complain(Refusal.Invalid("scope.teams[0]", "no such team"), "name", "scope");
        form.Complain(Refusal.Forbidden("permission: a credential cannot write where its creator cannot"), "permission");
        form.Complain(Refusal.Conflict("x", "A team with this name exists already"), "name");
        Assert.Equal(("No such team", "A credential cannot write where its creator cannot", "A team with this name exists already"), (form.ProblemOf("scope"), form.ProblemOf("permission"), form.Problem));
        form.Complain(Refusal.Invalid("unshown", "is wrong"));
        Assert.Null(form.ProblemOf("unshown"));
    }

    [Fact]
    public void What_lies_under_something_ticked_is_left_out_and_nothing_is_joined_to_its_parent()
    {
        var world = World();
        var (team, one, two) = (world.Tree.Teams[0], world.Tree.Teams[0].Projects[0], world.Tree.Teams[0].Projects[1]);
        Assert.Equal(Scope.Of([team.Id], [], []), Read(("access", "chosen"), ("team", team.Id), ("project", one.Id), ("environment", two.Environments[0].Id)));
        Assert.Equal(Scope.Of([], [one.Id], [two.Environments[0].Id]), Read(("access", "chosen"), ("project", one.Id), ("environment", one.Environments[0].Id), ("environment", two.Environments[0].Id)));
        Assert.Equal(Scope.Of([], [], [.. one.Environments.Select(env => env.Id)]), Read([("access", "chosen"), .. one.Environments.Select(env => ("environment", (object)env.Id))]));
        Assert.Equal(Scope.Everything, Read(("access", "all"), ("team", team.Id)));

        Scope Read(params (string Name, object Value)[] fields)
        {
            var form = Form(fields);
            var scope = ScopeForm.Read(form, world);
            Assert.False(form.HasProblems);
            return scope;
        }
    }

    [Theory]
    [InlineData("access", "chosen")]
    [InlineData("access", "some")]
    [InlineData("team", "not-an-id")]
    public void A_form_that_means_no_scope_is_told_so(string name, string value)
    {
        var form = Form((name, value));
        Assert.Equal(Scope.Nothing, ScopeForm.Read(form, World()));
        Assert.NotNull(form.ProblemOf(ScopeForm.Field));
    }

    [Fact]
    public void Only_what_somebody_may_lend_can_be_ticked()
    {
        var all = World();
        var project = all.Tree.Teams[0].Projects[0];
        var narrow = new WorkspaceView(all.Tree, Right.OfMember(Role.Admin, Scope.Of([], [project.Id], [])));
        var text = Parts.ScopeTree(FormFields.Empty(), narrow).ToString();
        Assert.Contains($"value=\"{project.Id:D}\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain($"value=\"{all.Tree.Teams[0].Id:D}\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain($"{all.Tree.Teams[0].Projects[1].Id:D}", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Full workspace access", text, StringComparison.Ordinal);
        Assert.Contains("Full workspace access", Parts.ScopeTree(FormFields.Empty(), all).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_scope_in_words_names_only_what_the_reader_sees()
    {
        var all = World();
        var (first, second) = (all.Tree.Teams[0].Projects[0], all.Tree.Teams[0].Projects[1]);
        var narrow = new WorkspaceView(all.Tree, Right.OfMember(Role.Admin, Scope.Of([], [first.Id], [])));
        var scope = Scope.Of([], [first.Id, second.Id], [Guid.Empty]);
        Assert.Contains("Project shop", Parts.ScopeWords(scope, narrow).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("site", Parts.ScopeWords(scope, narrow).ToString(), StringComparison.Ordinal);
        Assert.Contains("2 other places", Parts.ScopeWords(scope, narrow).ToString(), StringComparison.Ordinal);
        Assert.Equal("Full workspace", Parts.ScopeWords(Scope.Everything, narrow).ToString());
    }

    private static FormFields Form(params (string Name, object Value)[] fields) => FormFields.With(fields.GroupBy(field => field.Name)
        .Select(group => (group.Key, new Microsoft.Extensions.Primitives.StringValues([.. group.Select(field => field.Value.ToString())]))));

    private static WorkspaceView World()
    {
        var (workspace, team) = (Id(1), Id(2));
        Project Made(int number, string name) => new(
            Id(number), team, name, name, Now, Now, [new Env(Id(number + 1), team, Id(number), "dev", false, Now), new Env(Id(number + 2), team, Id(number), "prod", false, Now)]);
        var tree = new WorkspaceTree(new Workspace(workspace, "acme", "Acme", Id(99), Now), [new Team(team, "red", Now, [Made(10, "shop"), Made(20, "site")])], []);
        return new WorkspaceView(tree, Right.Owner);
    }

    private static Guid Id(int number) => Guid.Parse($"00000000-0000-7000-8000-{number:D12}");
}
