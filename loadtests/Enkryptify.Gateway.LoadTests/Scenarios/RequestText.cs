using System.Text;

namespace Enkryptify.Gateway.LoadTests.Scenarios;

/// <summary>Puts a request together from pieces that were encoded once.</summary>
internal ref struct RequestText(Span<byte> buffer)
{
    private readonly Span<byte> buffer = buffer;

    public int Length { get; private set; }

    public void Add(ReadOnlySpan<byte> piece)
    {
        piece.CopyTo(buffer[Length..]);
        Length += piece.Length;
    }

    public void Add(string ascii) => Length += Encoding.ASCII.GetBytes(ascii, buffer[Length..]);

    public void Add(int number)
    {
        number.TryFormat(buffer[Length..], out var written, default, System.Globalization.CultureInfo.InvariantCulture);
        Length += written;
    }

    public void Bearer(ReadOnlySpan<byte> token)
    {
        Add("\r\nAuthorization: Bearer "u8);
        Add(token);
    }

    public void EndWithoutBody() => Add("\r\n\r\n"u8);
}
