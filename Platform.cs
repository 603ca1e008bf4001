// The product runs on Linux alone: file modes, Unix sockets, peer credentials.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
