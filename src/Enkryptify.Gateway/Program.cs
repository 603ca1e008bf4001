using System.Runtime.Versioning;
using Enkryptify.Gateway.Cli;

[assembly: SupportedOSPlatform("linux")]

return await CommandLine.RunAsync(args);
