using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Operations.Systemd;

/// <summary>A listening socket that systemd opened and handed over.</summary>
internal sealed record PassedSocket(int Descriptor, IPEndPoint Address)
{
    /// <summary>Whether it is the one that this URL of <c>server.listen</c> asks for.</summary>
    public bool Serves(Uri url) => url.Port == Address.Port && (url.Host == "localhost"
        ? IPAddress.IsLoopback(Address.Address)
        : IPAddress.Parse(url.Host.Trim('[', ']')).Equals(Address.Address));
}

/// <summary>
/// Socket activation (sd_listen_fds(3)). What is exposed, and whether in TLS or in clear text, stays the configuration's word alone: a socket has to be one
/// that <c>server.listen</c> names, and anything else is a mistake that keeps the gateway from starting.
/// </summary>
internal static partial class PassedSockets
{
    private const int First = 3;
    private const int Most = 64;

    /// <exception cref="UnusableSettingException">A socket is not one to listen on, or no URL asks for it.</exception>
    public static IReadOnlyList<PassedSocket> Take(Func<string, string?> variable, int processId, ServerConfig server)
    {
        if (variable("LISTEN_PID") != processId.ToString(CultureInfo.InvariantCulture)
            || !int.TryParse(variable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count == 0)
        {
            return [];
        }

        var names = variable("LISTEN_FDNAMES")?.Split(':') ?? [];
        var passed = new List<PassedSocket>();
        for (var i = 0; i < Math.Min(count, Most); i++)
        {
            var name = i < names.Length ? names[i] : "unknown";
            var socket = new PassedSocket(First + i, AddressOf(First + i, name));
            passed.Add(server.Listen.Any(socket.Serves) ? socket : throw new UnusableSettingException(
                $"systemd passed the socket '{name}' bound to {socket.Address}, which server.listen does not name. Add http:// or https:// of that address there, or change the .socket unit."));
        }

        return passed;
    }

    /// <summary>Asked of the kernel directly: a <see cref="Socket"/> made for the question would take the descriptor down with it.</summary>
    private static IPEndPoint AddressOf(int descriptor, string name)
    {
        Span<byte> address = stackalloc byte[28]; // struct sockaddr_in6, the larger one
        var length = address.Length;
        if (Option(descriptor, SoType) == SockStream && Option(descriptor, SoAcceptConn) == 1 && GetSockName(descriptor, ref MemoryMarshal.GetReference(address), ref length) == 0)
        {
            var port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
            switch (MemoryMarshal.Read<ushort>(address))
            {
                case AfInet:
                    return new IPEndPoint(new IPAddress(address.Slice(4, 4)), port);
                case AfInet6:
                    return new IPEndPoint(new IPAddress(address.Slice(8, 16)), port);
            }
        }

        throw new UnusableSettingException($"systemd passed '{name}' (descriptor {descriptor}), which is not a listening TCP socket.");
    }

    private static int? Option(int descriptor, int option)
    {
        int value = 0, length = sizeof(int);
        return GetSockOpt(descriptor, SolSocket, option, ref value, ref length) == 0 ? value : null;
    }

    private const int SolSocket = 1;
    private const int SoType = 3;
    private const int SoAcceptConn = 30;
    private const int SockStream = 1;
    private const ushort AfInet = 2;
    private const ushort AfInet6 = 10;

    [LibraryImport("libc", EntryPoint = "getsockname")]
    private static partial int GetSockName(int descriptor, ref byte address, ref int length);

    [LibraryImport("libc", EntryPoint = "getsockopt")]
    private static partial int GetSockOpt(int descriptor, int level, int option, ref int value, ref int length);
}
