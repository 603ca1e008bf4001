using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text;

namespace Enkryptify.Gateway.Cli;

/// <summary><c>version</c>: what this executable is. Asks no gateway.</summary>
internal static class VersionCommand
{
    private const string Name = "enkryptify-gateway";

    public static Command Build(Surroundings around)
    {
        Option<bool> json = new("--json") { Description = "One JSON document on standard output." };
        Verb verb = new("version", "Show the version, the commit it was built from and the runtime.", "enkryptify-gateway version --json") { json };
        verb.SetAction(parsed =>
        {
            ProductVersion product = ProductVersion.Current;
            around.Output.WriteLine(parsed.GetValue(json) ? Json(product) : Sentence(product));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static string Sentence(ProductVersion product) =>
        $"{Name} {product.Version} (commit {product.Commit ?? "unknown"}), {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}";

    private static string Json(ProductVersion product) => Encoding.UTF8.GetString(JsonBody.Of(writer =>
    {
        writer.WriteString("name"u8, Name);
        writer.WriteString("version"u8, product.Version);
        writer.WriteString("commit"u8, product.Commit);
        if (ProductVersion.Date is { } date)
        {
            writer.WriteString("date"u8, date);
        }

        writer.WriteString("runtime"u8, RuntimeInformation.FrameworkDescription);
        writer.WriteString("platform"u8, RuntimeInformation.RuntimeIdentifier);
    }));
}
