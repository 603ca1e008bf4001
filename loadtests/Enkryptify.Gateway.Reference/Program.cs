using Enkryptify.Gateway.Reference;

// What the platform alone can do on this machine, to hold the gateway's figures against. Loopback only.
//
//   reference serve PORT JWKS     the bare endpoints: see Endpoints.cs
//   reference tokens ...          distinct workload tokens and their key set: see Workload.cs
switch (args)
{
    case ["serve", var port, var jwks]:
        await Endpoints.Serve(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture), Keys.Read(jwks));
        return 0;
    case ["tokens", var count, var issuer, var audience, var subject, var directory]:
        Workload.Write(int.Parse(count, System.Globalization.CultureInfo.InvariantCulture), issuer, audience, subject, directory);
        return 0;
    default:
        await Console.Error.WriteLineAsync("usage: reference serve PORT JWKS-FILE | tokens COUNT ISSUER AUDIENCE SUBJECT DIRECTORY");
        return 2;
}
