using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Workspaces;

/// <summary>The alphabets of contract section 1 for what people name.</summary>
internal static class Names
{
    private const int MaxLength = 64;

    /// <summary>A name of a team, project, environment, credential: 1–64 characters after trimming, no control characters, no <c>}</c> (references end with it).</summary>
    public static string Read(JsonFields body, string field)
    {
        var name = body.Text(field).Trim();
        if (Problem(name) is { } problem)
        {
            body.Complain(body.Name(field), problem);
        }

        return name;
    }

    /// <summary>What is wrong with a trimmed name, or null.</summary>
    public static string? Problem(string name) =>
        name.Length == 0 ? "must contain at least 1 character"
        : name.Length > MaxLength ? $"must contain at most {MaxLength} characters"
        : name.Any(char.IsControl) || name.Contains('}') ? "must not contain control characters or }"
        : null;

    /// <summary>A slug: 2–48 of <c>[a-z0-9-]</c>, and not a UUID, since a path takes either.</summary>
    public static string ReadSlug(JsonFields body, string field)
    {
        var slug = body.Text(field);
        if (SlugProblem(slug) is { } problem)
        {
            body.Complain(body.Name(field), problem);
        }

        return slug;
    }

    public static string? SlugProblem(string slug) =>
        slug.Length is < 2 or > 48 || slug.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-") ? "must be 2 to 48 characters of a-z, 0-9 and -"
        : Guid.TryParse(slug, out _) ? "must not be a UUID"
        : null;

    /// <summary>A secret's name: 1–128 of <c>A-Za-z0-9_-</c>, and not a UUID.</summary>
    public static bool IsSecretName(string name) => name.Length is >= 1 and <= 128 && !name.AsSpan().ContainsAnyExcept(SecretNameAlphabet) && !Guid.TryParse(name, out _);

    public const string SecretNameRule = "must be 1 to 128 characters of A-Z, a-z, 0-9, _ and -, and not a UUID";

    private static readonly System.Buffers.SearchValues<char> SecretNameAlphabet =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
}
