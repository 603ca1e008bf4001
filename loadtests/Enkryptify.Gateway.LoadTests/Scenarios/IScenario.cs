namespace Enkryptify.Gateway.LoadTests.Scenarios;

/// <summary>A kind of request. Written straight into the generator's buffer.</summary>
internal interface IScenario
{
    string Name { get; }

    /// <summary>The next request's length; 0 when there is none left that would be fair to send.</summary>
    int Write(Span<byte> buffer, Random random);
}
