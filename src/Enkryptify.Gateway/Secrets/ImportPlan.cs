using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>What an import does with one entry.</summary>
internal enum ImportStep
{
    New,
    Changed,
    Unchanged,

    /// <summary>It refers to what the writer may not read.</summary>
    Refused,
}

/// <summary>What an import would do, entry by entry.</summary>
/// <param name="Fingerprint">
/// Stands for the entries and for what they meet: an import with another fingerprint than the plan that somebody looked at does nothing.
/// </param>
internal sealed record ImportPlan(WorkspaceView View, Project Project, Env Environment, IReadOnlyList<PlannedEntry> Entries, string Fingerprint)
{
    public int Count(ImportStep step) => Entries.Count(entry => entry.Step == step);
}

/// <param name="Line">Where it stands in the file.</param>
internal sealed record PlannedEntry(string Name, int Line, ImportStep Step);
