using System.Net.Sockets;
using System.Runtime.InteropServices;
using Enkryptify.Gateway.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Enkryptify.Gateway.Http;

/// <summary>Proof of the local operator: the kernel's word on who is at the other end of the admin socket.</summary>
internal sealed record AdminPeer(uint UserId);

/// <summary>
/// The Unix socket <c>admin.sock</c> in the data directory, for the management verbs. Only root and the service's own user get through: the
/// directory is 0700, the socket is bound under umask 0177, and each connection's peer is asked of the kernel (SO_PEERCRED).
/// </summary>
internal static partial class AdminSocket
{
    public const string FileName = "admin.sock";

    /// <summary>sun_path holds 107 bytes and a NUL (unix(7)).</summary>
    public const int MaxPathLength = 107;

    public static void Listen(KestrelServerOptions kestrel, string path)
    {
        // Left over from a process that was killed; the lock on the data directory says that nobody uses it.
        File.Delete(path);
        kestrel.ListenUnixSocket(path, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => Admit(connection, next));
        });
    }

    /// <summary>Runs <paramref name="bind"/> so that what it creates is for this user alone.</summary>
    public static async Task BindPrivately(Func<Task> bind)
    {
        var before = Umask(0x7F); // 0177
        try
        {
            await bind().ConfigureAwait(false);
        }
        finally
        {
            Umask(before);
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    public static partial uint Umask(uint mask);

    private static Task Admit(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket || PeerOf(socket) is not { } user || (user != 0 && user != FileOwner.Self))
        {
            connection.Abort(new ConnectionAbortedException("Not the service's user."));
            return Task.CompletedTask;
        }

        connection.Features.Set(new AdminPeer(user));
        return next(connection);
    }

    /// <summary>The user at the other end of a Unix socket, as the kernel saw them connect or bind.</summary>
    public static uint? PeerOf(Socket socket)
    {
        const int SolSocket = 1;
        const int SoPeerCred = 17;
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        var length = socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return length == credentials.Length ? MemoryMarshal.Read<uint>(credentials[4..]) : null;
    }
}
