using System.Text;
using Enkryptify.Gateway.LoadTests.Store;

namespace Enkryptify.Gateway.LoadTests.Scenarios;

/// <summary>An API token for a JWT. Draws are uniform over all credentials.</summary>
internal sealed class Exchange(IReadOnlyList<byte[]> tokens) : IScenario
{
    public string Name => "exchange";

    public int Write(Span<byte> buffer, Random random)
    {
        var text = new RequestText(buffer);
        text.Add("POST /v1/auth/exchange HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0"u8);
        text.Bearer(tokens[random.Next(tokens.Count)]);
        text.EndWithoutBody();
        return text.Length;
    }
}

/// <summary>A workload's OIDC token for a JWT; each token is used in turn.</summary>
internal sealed class OidcExchange(IReadOnlyList<byte[]> bodies) : IScenario
{
    private int next;

    public string Name => "oidc-exchange";

    public int Write(Span<byte> buffer, Random random)
    {
        var body = bodies[next++ % bodies.Count];
        var text = new RequestText(buffer);
        text.Add("POST /v1/auth/oidc/exchange HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: "u8);
        text.Add(body.Length);
        text.EndWithoutBody();
        text.Add(body);
        return text.Length;
    }
}

/// <summary>One secret by name, uniform over all; the JWT is one of a set that the gateway has seen before.</summary>
internal sealed class ReadOne(SeededStore store, IReadOnlyList<byte[]> jwts) : IScenario
{
    public string Name => "read-one";

    public int Write(Span<byte> buffer, Random random)
    {
        var (place, secret) = store.Draw(random);
        return Write(buffer, place, secret, jwts[random.Next(jwts.Count)]);
    }

    public static int Write(Span<byte> buffer, SecretsPlace place, int secret, byte[] jwt)
    {
        var text = new RequestText(buffer);
        text.Add("GET "u8);
        text.Add(place.Path);
        text.Add("/"u8);
        text.Add(place.NameOf(secret));
        text.Add("?environmentId="u8);
        text.Add(place.Environment);
        text.Add(" HTTP/1.1\r\nHost: gateway"u8);
        text.Bearer(jwt);
        text.EndWithoutBody();
        return text.Length;
    }
}

/// <summary>Each secret once: none is in the gateway's memory yet, all are afterwards, as in a gateway that has been running for a while.</summary>
internal sealed class ReadEach(SeededStore store, IReadOnlyList<byte[]> jwts) : IScenario
{
    private int next;

    public string Name => "read-one-first-time";

    public int Write(Span<byte> buffer, Random random)
    {
        if (next == store.Secrets)
        {
            return 0;
        }

        var (place, secret) = store.At(next++);
        return ReadOne.Write(buffer, place, secret, jwts[random.Next(jwts.Count)]);
    }
}

/// <summary>As <see cref="ReadOne"/>, but each JWT is used once, so that its signature has to be verified.</summary>
internal sealed class ReadOneNew(SeededStore store, IReadOnlyList<byte[]> jwts) : IScenario
{
    private readonly byte[][] one = new byte[1][];
    private int next;

    public string Name => "read-one-new-token";

    public int Write(Span<byte> buffer, Random random)
    {
        if (next == jwts.Count)
        {
            return 0;
        }

        one[0] = jwts[next++];
        return new ReadOne(store, one).Write(buffer, random);
    }
}

/// <summary>The 50 secrets of one environment.</summary>
internal sealed class ReadList(SeededStore store, IReadOnlyList<byte[]> jwts) : IScenario
{
    public string Name => "read-list";

    public int Write(Span<byte> buffer, Random random)
    {
        var (place, _) = store.Draw(random);
        var text = new RequestText(buffer);
        text.Add("GET "u8);
        text.Add(place.Path);
        text.Add("?environmentId="u8);
        text.Add(place.Environment);
        text.Add(" HTTP/1.1\r\nHost: gateway"u8);
        text.Bearer(jwts[random.Next(jwts.Count)]);
        text.EndWithoutBody();
        return text.Length;
    }
}

/// <summary>A new value for one secret, acknowledged when it is durable.</summary>
internal sealed class WriteOne(SeededStore store, IReadOnlyList<byte[]> jwts) : IScenario
{
    private int version;

    public string Name => "write";

    public int Write(Span<byte> buffer, Random random)
    {
        var (place, secret) = store.Draw(random);
        var body = Encoding.ASCII.GetBytes($$"""{"values":[{"environmentId":"{{place.Environment}}","value":"value number {{++version}}","isPersonal":false}]}""");
        var text = new RequestText(buffer);
        text.Add("PUT "u8);
        text.Add(place.Path);
        text.Add("/"u8);
        text.Add(place.NameOf(secret));
        text.Add(" HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: "u8);
        text.Add(body.Length);
        text.Bearer(jwts[random.Next(jwts.Count)]);
        text.EndWithoutBody();
        text.Add(body);
        return text.Length;
    }
}

/// <summary>Of a hundred requests: 70 single reads, 15 lists, 10 exchanges, 5 writes.</summary>
internal sealed class Mixed(ReadOne one, ReadList list, Exchange exchange, WriteOne write) : IScenario
{
    public string Name => "mixed";

    public int Write(Span<byte> buffer, Random random) => random.Next(100) switch
    {
        < 70 => one.Write(buffer, random),
        < 85 => list.Write(buffer, random),
        < 95 => exchange.Write(buffer, random),
        _ => write.Write(buffer, random),
    };
}

/// <summary>A program that cannot hold a secret, through a legacy route of the gateway or through YARP alone: the same bytes for both.</summary>
internal sealed class Routed(byte[] jwt) : IScenario
{
    public const string Host = "legacy.internal";

    public string Name => "route";

    public int Write(Span<byte> buffer, Random random)
    {
        var text = new RequestText(buffer);
        text.Add("GET /json HTTP/1.1\r\nHost: legacy.internal\r\nX-Enkryptify-Authorization: Bearer "u8);
        text.Add(jwt);
        text.EndWithoutBody();
        return text.Length;
    }
}

/// <summary>The same request each time: for the bare references.</summary>
internal sealed class Fixed(string name, IReadOnlyList<byte[]> requests) : IScenario
{
    private int next;

    public string Name => name;

    public int Write(Span<byte> buffer, Random random)
    {
        var request = requests[next++ % requests.Count];
        request.CopyTo(buffer);
        return request.Length;
    }
}
