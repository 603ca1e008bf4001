using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Enkryptify.Gateway.NativeTests.Harness;

/// <summary>Free loopback ports from below the kernel's ephemeral range, so that no outgoing connection takes one between two starts.</summary>
internal static class Ports
{
    public static Uri FreeUrl()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(17_000, 32_000);
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return new Uri($"http://127.0.0.1:{port}");
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Taken: the next one.
            }
        }
    }
}
