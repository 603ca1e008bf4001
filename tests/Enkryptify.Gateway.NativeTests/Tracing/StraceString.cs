namespace Enkryptify.Gateway.NativeTests.Tracing;

/// <summary>Data as strace prints it: C strings, non-printing bytes as <c>\n</c>-like escapes, octal (one to three digits) or <c>\xHH</c>.</summary>
internal static class StraceString
{
    /// <summary>The bytes of all strings of a call, one after the other (an iovec has several).</summary>
    public static byte[] BytesIn(string call)
    {
        var bytes = new List<byte>(call.Length);
        var at = call.IndexOf('"');
        while (at >= 0)
        {
            at++;
            while (at < call.Length && call[at] != '"')
            {
                bytes.Add(call[at] == '\\' ? Escaped(call, ref at) : (byte)call[at++]);
            }

            at = at < call.Length ? call.IndexOf('"', at + 1) : -1;
        }

        return [.. bytes];
    }

    /// <summary>The byte of the escape at <paramref name="at"/>, which then stands behind it.</summary>
    private static byte Escaped(string text, ref int at)
    {
        var kind = text[at + 1];
        at += 2;
        switch (kind)
        {
            case 'n': return (byte)'\n';
            case 't': return (byte)'\t';
            case 'r': return (byte)'\r';
            case 'f': return (byte)'\f';
            case 'v': return (byte)'\v';
            case 'x':
                at += 2;
                return Convert.ToByte(text[(at - 2)..at], 16);
            case >= '0' and <= '7':
                var value = kind - '0';
                for (var digits = 1; digits < 3 && at < text.Length && text[at] is >= '0' and <= '7'; digits++)
                {
                    value = (value * 8) + (text[at++] - '0');
                }

                return (byte)value;
            default: return (byte)kind;
        }
    }
}
