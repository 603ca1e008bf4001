namespace Enkryptify.Gateway.Tests.TestKit;

/// <summary>One gateway with the sample structure for all rows of a test class that leave it as they found it, or that make what they change.</summary>
public class SharedAcme : IAsyncLifetime
{
    internal TestGateway Gateway { get; private set; } = null!;

    internal Acme Acme { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync() => (Gateway, Acme) = await TestGateway.StartWithAcme();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Gateway.DisposeAsync();
    }
}
