using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Dashboard.Layout;
using Enkryptify.Gateway.Http;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Dashboard.Credentials;

/// <summary>What the forms of both kinds ask for: name, permission, scope.</summary>
internal static class CredentialForm
{
    public static string ReadName(FormFields form)
    {
        var name = form.Line("name");
        form.Complain("name", name.Length == 0 ? "Give it a name, so that it is recognised in the list and in the audit log" : Names.Problem(name));
        return name;
    }

    public static Permission ReadPermission(FormFields form)
    {
        var permission = AccessNames.ParsePermission(form["permission"]);
        form.Complain("permission", permission is null ? "Choose what it may do" : null);
        return permission ?? Permission.Read;
    }

    /// <summary>Only what the person may lend is offered; the store judges what is sent all the same.</summary>
    public static Markup Permissions(FormFields form, WorkspaceView lender) => lender.Right.Allows(Act.WriteSecrets)
        ? Parts.Choices(form, "permission", "What it may do", Read, ("read-write", "Read & Write", "Also creates, changes and deletes secrets."))
        : Parts.Choices(form, "permission", "What it may do", ("read", "Read only", "Sees secrets and their values. Your own role reads only, so it cannot be more."));

    private static readonly (string Value, string Label, string Hint) Read = ("read", "Read only", "Sees secrets and their values.");
}
