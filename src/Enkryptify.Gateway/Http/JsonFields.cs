using System.Buffers;
using System.Text.Json;
using Enkryptify.Gateway.Access;

namespace Enkryptify.Gateway.Http;

/// <summary>
/// The members of a JSON object, asked for by name and type; each complaint names its field with its path, such as <c>values[0].environmentId</c>.
/// The first complaint is kept in <see cref="Problem"/>: ask for everything, then look there once. Unknown members are ignored unless
/// <see cref="NoOthers"/> is asked for; a member that stands twice is refused, since two readers would take different ones.
/// </summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
    private readonly string path;
    private readonly JsonFields root;
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-");
    private Refusal? problem;

    private JsonFields(string path, JsonFields? root) => (this.path, this.root) = (path, root ?? this);

    public Refusal? Problem => root.problem;

    public static JsonFields Of(JsonElement element, string path, JsonFields? root = null)
    {
        var fields = new JsonFields(path, root);
        foreach (var member in element.EnumerateObject())
        {
            string name;
            try
            {
                name = member.Name;
            }
            catch (InvalidOperationException)
            {
                fields.Complain("body", "a member's name is not valid Unicode");
                continue;
            }

            if (!fields.members.TryAdd(name, member.Value))
            {
                fields.Complain(fields.Name(Printable(name)), "is given more than once");
            }
        }

        return fields;
    }

    /// <summary>Whether the member is there and not null.</summary>
    public bool Has(string name) => members.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>A string that must be there, of <paramref name="min"/> to <paramref name="max"/> characters.</summary>
    public string Text(string name, int min = 0, int max = int.MaxValue) => OptionalText(name, min, max) ?? Missing(name, "a string");

    public string? OptionalText(string name, int min = 0, int max = int.MaxValue)
    {
        if (!Has(name))
        {
            return null;
        }

        var text = AsText(members[name], Name(name));
        if (text is not null && text.Length < min)
        {
            Complain(Name(name), min == 1 ? "must contain at least 1 character" : $"must contain at least {min} characters");
        }
        else if (text is not null && text.Length > max)
        {
            Complain(Name(name), $"must contain at most {max} characters");
        }

        return text ?? "";
    }

    public bool Truth(string name, bool? absent = null)
    {
        if (!Has(name))
        {
            if (absent is null)
            {
                Missing(name, "true or false");
            }

            return absent ?? false;
        }

        var kind = members[name].ValueKind;
        if (kind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Complain(Name(name), "must be true or false");
        }

        return kind == JsonValueKind.True;
    }

    public JsonFields Object(string name)
    {
        if (Has(name) && members[name].ValueKind == JsonValueKind.Object)
        {
            return Of(members[name], Name(name), root);
        }

        if (Has(name))
        {
            Complain(Name(name), "must be an object");
        }
        else
        {
            Missing(name, "an object");
        }

        return new JsonFields(Name(name), root);
    }

    public Guid Id(string name) => Has(name) ? (Ids.TryParse(AsText(members[name], Name(name)), out var id) ? id : NoId(Name(name))) : NoId(Name(name));

    /// <summary>The objects of an array, at most <paramref name="max"/>.</summary>
    public IReadOnlyList<JsonFields> Objects(string name, int max, bool optional = false) =>
        [.. Items(name, max, optional).Where(item => Is(item.Value, JsonValueKind.Object, item.Path, "an object")).Select(item => Of(item.Value, item.Path, root))];

    /// <summary>The strings of an array, at most <paramref name="max"/>.</summary>
    public IReadOnlyList<string> Texts(string name, int max, bool optional = false) =>
        [.. Items(name, max, optional).Select(item => AsText(item.Value, item.Path) ?? "")];

    /// <summary>The UUIDs of an array, at most <paramref name="max"/>.</summary>
    public IReadOnlyList<Guid> IdList(string name, int max, bool optional = false) =>
        [.. Items(name, max, optional).Select(item => Ids.TryParse(AsText(item.Value, item.Path), out var id) ? id : NoId(item.Path))];

    /// <summary>A member as it stands, for what has a form of its own; null when it is absent or null.</summary>
    public JsonElement? Element(string name) => Has(name) ? members[name] : null;

    /// <summary>The members of an object whose names are the caller's choice, at most <paramref name="max"/>; none when it is absent.</summary>
    public IReadOnlyList<(string Name, JsonElement Value)> Entries(string name, int max)
    {
        if (!Has(name))
        {
            return [];
        }

        var entries = Object(name).members;
        if (entries.Count > max)
        {
            Complain(Name(name), $"must contain at most {max} members");
            return [];
        }

        return [.. entries.Select(entry => (entry.Key, entry.Value))];
    }

    /// <summary>Refuses members other than these.</summary>
    public void NoOthers(params ReadOnlySpan<string> known)
    {
        foreach (var name in members.Keys)
        {
            if (!known.Contains(name))
            {
                Complain(Name(Printable(name)), "is not a known field");
            }
        }
    }

    public void Complain(string field, string problem) => root.problem ??= Refusal.Invalid(field, problem);

    public string Name(string member) => path.Length == 0 ? member : $"{path}.{member}";

    /// <summary>
    /// A member's name within a message, if it could be one of ours: a value or a token that a caller put in its place is not repeated (invariant 4).
    /// </summary>
    public static string Printable(string name) =>
        name.Length is > 0 and <= 32 && !name.AsSpan().ContainsAnyExcept(NameCharacters) ? name : "(a member)";

    private List<(JsonElement Value, string Path)> Items(string name, int max, bool optional)
    {
        if (!Has(name))
        {
            if (!optional)
            {
                Missing(name, "an array");
            }

            return [];
        }

        if (!Is(members[name], JsonValueKind.Array, Name(name), "an array"))
        {
            return [];
        }

        if (members[name].GetArrayLength() > max)
        {
            Complain(Name(name), $"must contain at most {max} entries");
            return [];
        }

        return [.. members[name].EnumerateArray().Select((item, index) => (item, $"{Name(name)}[{index}]"))];
    }

    private bool Is(JsonElement value, JsonValueKind kind, string field, string words)
    {
        if (value.ValueKind == kind)
        {
            return true;
        }

        Complain(field, $"must be {words}");
        return false;
    }

    private string? AsText(JsonElement value, string field)
    {
        if (!Is(value, JsonValueKind.String, field, "a string"))
        {
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Bytes that are no UTF-8, or half of a surrogate pair.
            Complain(field, "must be valid Unicode");
            return null;
        }
    }

    private Guid NoId(string field)
    {
        Complain(field, "must be a UUID");
        return Guid.Empty;
    }

    private string Missing(string name, string words)
    {
        Complain(Name(name), $"is required and must be {words}");
        return "";
    }
}
