using System.Text;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Encryption;

namespace Enkryptify.Gateway.Tests.Encryption;

public sealed class MasterKeyTests : IDisposable
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 7 + 3))];
    private readonly string directory = Directory.CreateTempSubdirectory("ekmk-").FullName;

    [Theory]
    [InlineData("raw")]
    [InlineData("hex")]
    [InlineData("HEX")]
    [InlineData("base64")]
    [InlineData("hex and a line feed")]
    [InlineData("base64 between white space")]
    public void Every_form_is_the_same_key(string form)
    {
        var key = Load(form switch
        {
            "raw" => Key,
            "hex" => Text(Convert.ToHexStringLower(Key)),
            "HEX" => Text(Convert.ToHexString(Key)),
            "base64" => Text(Convert.ToBase64String(Key)),
            "hex and a line feed" => Text(Convert.ToHexStringLower(Key) + "\n"),
            _ => Text($" \t{Convert.ToBase64String(Key)}\r\n\r\n"),
        });
        Assert.Equal(Key, key.Bytes.ToArray());
        Assert.Equal(16, key.Id.Length);
        Assert.Equal(Load(Key).Id, key.Id);
    }

    [Fact]
    public void The_id_differs_with_the_key_and_tells_nothing_of_it()
    {
        byte[] other = [.. Key[..31], (byte)(Key[31] ^ 1)];
        Assert.NotEqual(Load(Key).Id, Load(other).Id);
        Assert.DoesNotContain(Load(Key).Id, Convert.ToHexStringLower(Key), StringComparison.Ordinal);
        Assert.Equal(Key.Length, Convert.FromBase64String(MasterKey.NewText()).Length);
    }

    public static TheoryData<string, byte[]> NoKeys => new()
    {
        { "nothing", [] },
        { "white space", Text(" \n") },
        { "31 bytes", Key[..31] },
        { "33 bytes", [.. Key, 0] },
        { "raw bytes and a line feed", [.. Key, (byte)'\n'] },
        { "62 hex digits", Text(Convert.ToHexString(Key)[..62]) },
        { "66 hex digits", Text(Convert.ToHexString(Key) + "00") },
        { "64 characters, one of them no hex digit", Text("g" + Convert.ToHexString(Key)[1..]) },
        { "base64 of 31 bytes", Text(Convert.ToBase64String(Key[..31])) },
        { "base64 of 33 bytes", Text(Convert.ToBase64String([.. Key, 0])) },
        { "base64 without its padding", Text(Convert.ToBase64String(Key).TrimEnd('=')) },
        { "two keys", Text(Convert.ToBase64String(Key) + "\n" + Convert.ToBase64String(Key)) },
    };

    [Theory]
    [MemberData(nameof(NoKeys))]
    public void What_is_no_256_bit_key_is_refused_without_repeating_it(string what, byte[] content)
    {
        var error = Assert.Throws<MasterKeyException>(() => Load(content));
        Assert.True(error.Message.Contains("does not hold a 256-bit key", StringComparison.Ordinal), what);
        var text = Encoding.UTF8.GetString(content).Trim();
        Assert.True(text.Length == 0 || !error.Message.Contains(text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("644")]
    [InlineData("640")]
    [InlineData("604")]
    [InlineData("660")]
    [InlineData("700")]
    public void A_file_that_others_may_use_is_refused(string mode)
    {
        var path = Write(Key, mode);
        var error = Assert.Throws<MasterKeyException>(() => MasterKey.Load(new SecretReference(SecretReferenceKind.File, path)));
        Assert.Contains($"(mode {mode})", error.Message, StringComparison.Ordinal);
        Assert.Contains($"chmod 600 {path}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("600")]
    [InlineData("400")]
    public void A_private_file_is_read(string mode) =>
        Assert.Equal(Key, MasterKey.Load(new SecretReference(SecretReferenceKind.File, Write(Key, mode))).Bytes.ToArray());

    [Fact]
    public void A_file_that_is_missing_or_far_too_large_is_refused()
    {
        Assert.Contains("cannot be read", Assert.Throws<MasterKeyException>(() => MasterKey.Load(new SecretReference(SecretReferenceKind.File, Path.Combine(directory, "none")))).Message, StringComparison.Ordinal);
        Assert.Contains("larger than a key", Assert.Throws<MasterKeyException>(() => Load(new byte[1025])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_comes_from_the_environment_or_from_systemd()
    {
        const string variable = "EKGW_TEST_MASTER_KEY";
        var reference = new SecretReference(SecretReferenceKind.Environment, variable);
        Assert.Contains(variable, Assert.Throws<MasterKeyException>(() => MasterKey.Load(reference)).Message, StringComparison.Ordinal);
        Environment.SetEnvironmentVariable(variable, Convert.ToBase64String(Key));
        Assert.Equal(Key, MasterKey.Load(reference).Bytes.ToArray());
        Environment.SetEnvironmentVariable(variable, null);

        var credential = new SecretReference(SecretReferenceKind.Credential, "key");
        Assert.Contains("CREDENTIALS_DIRECTORY is not set", Assert.Throws<MasterKeyException>(() => MasterKey.Load(credential)).Message, StringComparison.Ordinal);
        Environment.SetEnvironmentVariable("CREDENTIALS_DIRECTORY", directory);
        Write(Key, "444");
        Assert.Equal(Key, MasterKey.Load(credential).Bytes.ToArray());
        Environment.SetEnvironmentVariable("CREDENTIALS_DIRECTORY", null);
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private MasterKey Load(byte[] content) => MasterKey.Load(new SecretReference(SecretReferenceKind.File, Write(content, "600")));

    private string Write(byte[] content, string mode)
    {
        var path = Path.Combine(directory, "key");
        File.Delete(path);
        File.WriteAllBytes(path, content);
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
        return path;
    }

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);
}
