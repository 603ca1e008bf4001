namespace Enkryptify.Gateway.Configuration;

/// <summary>A path; relative to the folder of the configuration file, or to the working directory when it comes from a flag or a variable.</summary>
internal sealed class FilePath : TextValue<string>
{
    protected override string? Read(string text, int line, ReadingPlace place) => Resolve(text, line, place);

    protected override string Write(string value) => value;

    public static string? Resolve(string text, int line, ReadingPlace place)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Any(char.IsControl))
        {
            place.Fail(line, "must be a path");
            return null;
        }
        return Path.GetFullPath(text, place.BaseDirectory);
    }
}

/// <summary>
/// A reference to a secret, checked for its form alone.
/// Names follow what systemd and shells accept, so that none leads out of its folder.
/// </summary>
/// <param name="secret">What is referred to, for the message.</param>
internal sealed class SecretSource(string secret) : TextValue<SecretReference>
{
    protected override SecretReference? Read(string text, int line, ReadingPlace place)
    {
        string[] parts = text.Split(':', 2);
        switch (parts)
        {
            case ["file", string path]:
                return FilePath.Resolve(path, line, place) is { } full ? new SecretReference(SecretReferenceKind.File, full) : null;
            case ["credential", string name] when name.Length is > 0 and <= 255 && name is not ("." or "..") && name.All(IsCredentialLetter):
                return new SecretReference(SecretReferenceKind.Credential, name);
            case ["env", string name] when name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(IsVariableLetter):
                return new SecretReference(SecretReferenceKind.Environment, name);
            default:
                place.Fail(line, $"must be file:PATH, credential:NAME or env:NAME; the {secret} itself does not belong here");
                return null;
        }
    }

    protected override string Write(SecretReference value) => value.ToString();

    private static bool IsCredentialLetter(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-';

    private static bool IsVariableLetter(char letter) => char.IsAsciiLetterOrDigit(letter) || letter == '_';
}
