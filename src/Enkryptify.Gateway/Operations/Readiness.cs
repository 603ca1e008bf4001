using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Operations;

/// <summary>Whether the gateway should be sent traffic, as named checks. Turns to no before a stop begins to drain.</summary>
internal sealed class Readiness(Database database, IssuerKeys issuerKeys)
{
    private volatile string? notServing = "starting";

    /// <summary>Everything is in place, also what the first start makes.</summary>
    public void Started() => notServing = null;

    public void Stopping() => notServing = "stopping";

    /// <summary>Each check's name with what is wrong, or null.</summary>
    public IReadOnlyList<(string Name, string? Problem)> Check() =>
    [
        ("serving", notServing),
        ("writer", database.Writer is { LastFailure: null, NeedsRestart: false } ? null : "the last write failed"),
        ("database", Reads() ? null : "cannot be read"),
        ("disk", database.Space.Problem),
    ];

    /// <summary>What an operator should look at, and what does not keep traffic away.</summary>
    public IReadOnlyList<KeyWarning> IssuerKeys() => issuerKeys.Warnings();

    private bool Reads()
    {
        try
        {
            return database.Readers.Read(sql => sql.Number("SELECT count(*) FROM signing_key")) > 0;
        }
        catch (Exception error) when (error is Microsoft.Data.Sqlite.SqliteException or ObjectDisposedException)
        {
            return false;
        }
    }
}
