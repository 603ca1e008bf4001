using Enkryptify.Gateway.Cli;

return await CommandLine.RunAsync(args);
