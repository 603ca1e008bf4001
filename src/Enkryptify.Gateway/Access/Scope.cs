using System.Text.Json;

namespace Enkryptify.Gateway.Access;

/// <summary>A place in a workspace with its whole lineage: the workspace itself (all null), a team, a project or an environment.</summary>
internal readonly record struct Place(Guid? Team, Guid? Project, Guid? Environment)
{
    public static readonly Place Workspace;

    public static Place OfTeam(Guid team) => new(team, null, null);

    public static Place OfProject(Guid team, Guid project) => new(team, project, null);

    public static Place OfEnvironment(Guid team, Guid project, Guid environment) => new(team, project, environment);
}

/// <summary>The kinds of id that a scope lists.</summary>
internal enum ScopeLevel
{
    Team,
    Project,
    Environment,
}

/// <summary>
/// Which places a member or a credential reaches: everything, or a union of teams, projects and environments that cascades downward (contract
/// section 1). A team includes projects made later; an environment entry reaches that environment alone. Immutable.
/// </summary>
internal sealed class Scope : IEquatable<Scope>
{
    /// <summary>At most this many ids in one scope (contract section 1).</summary>
    public const int MaxIds = 100;

    public static readonly Scope Everything = new(true, [], [], []);

    public static readonly Scope Nothing = new(false, [], [], []);

    private Scope(bool all, Guid[] teams, Guid[] projects, Guid[] environments) =>
        (All, Teams, Projects, Environments) = (all, teams, projects, environments);

    public bool All { get; }

    public IReadOnlyList<Guid> Teams { get; }

    public IReadOnlyList<Guid> Projects { get; }

    public IReadOnlyList<Guid> Environments { get; }

    public static Scope Of(IEnumerable<Guid> teams, IEnumerable<Guid> projects, IEnumerable<Guid> environments) =>
        new(false, [.. teams.Distinct()], [.. projects.Distinct()], [.. environments.Distinct()]);

    /// <summary>Whether <paramref name="place"/> lies within. At most 100 ids, so a scan beats a hash set.</summary>
    public bool Covers(Place place) =>
        All
        || (place.Team is { } team && Holds(Teams, team))
        || (place.Project is { } project && Holds(Projects, project))
        || (place.Environment is { } environment && Holds(Environments, environment));

    public string ToJson()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(64);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer);
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The wire form: <c>{"all": bool, "teams": [], "projects": [], "environments": []}</c>.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("all"u8, All);
        WriteIds(writer, "teams"u8, Teams);
        WriteIds(writer, "projects"u8, Projects);
        WriteIds(writer, "environments"u8, Environments);
        writer.WriteEndObject();
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote. For our own rows only: requests are read by <c>Credentials/ScopeBody.cs</c>, which names what is wrong.</summary>
    public static Scope FromJson(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return root.GetProperty("all"u8).GetBoolean()
            ? Everything
            : Of(Ids(root, "teams"), Ids(root, "projects"), Ids(root, "environments"));

        static IEnumerable<Guid> Ids(JsonElement root, string name) => root.GetProperty(name).EnumerateArray().Select(id => id.GetGuid());
    }

    public bool Equals(Scope? other) =>
        other is not null && All == other.All && (All || (Same(Teams, other.Teams) && Same(Projects, other.Projects) && Same(Environments, other.Environments)));

    public override bool Equals(object? obj) => Equals(obj as Scope);

    public override int GetHashCode() => All ? 1 : HashCode.Combine(Teams.Count, Projects.Count, Environments.Count);

    public override string ToString() => ToJson();

    private static bool Same(IReadOnlyList<Guid> a, IReadOnlyList<Guid> b) => a.Count == b.Count && a.All(b.Contains);

    private static bool Holds(IReadOnlyList<Guid> ids, Guid id)
    {
        for (var i = 0; i < ids.Count; i++)
        {
            if (ids[i] == id)
            {
                return true;
            }
        }

        return false;
    }

    private static void WriteIds(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<Guid> ids)
    {
        writer.WriteStartArray(name);
        for (var i = 0; i < ids.Count; i++)
        {
            writer.WriteStringValue(ids[i]);
        }

        writer.WriteEndArray();
    }
}
