namespace Enkryptify.Gateway;

/// <summary>Ids are UUID version 7 in lower case (contract section 1): they sort by time of creation.</summary>
internal static class Ids
{
#pragma warning disable RS0030 // the one place that makes ids
    public static Guid New(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow());
#pragma warning restore RS0030

    /// <summary>
    /// An id as a caller writes it: 36 characters, hex and hyphens. The runtime's own parser also takes blanks around it, and signs and 0x within.
    /// </summary>
    public static bool TryParse(string? text, out Guid id)
    {
        id = default;
        return text is { Length: 36 } && !text.AsSpan().ContainsAnyExcept(Alphabet) && Guid.TryParseExact(text, "D", out id);
    }

    private static readonly System.Buffers.SearchValues<char> Alphabet = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF-");
}
