using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Storage;

namespace Enkryptify.Gateway.Exchange.Issuers;

/// <summary>Whom one workspace trusts, and for what: its issuers by URL and the identities bound to each. Immutable.</summary>
internal sealed class WorkspaceTrust
{
    private readonly ILookup<string, Issuer> issuers;
    private readonly ILookup<Guid, WorkloadIdentity> identities;

    public WorkspaceTrust(IEnumerable<Issuer> issuers, IEnumerable<WorkloadIdentity> identities)
    {
        this.issuers = issuers.ToLookup(issuer => issuer.Url, StringComparer.Ordinal);
        this.identities = identities.Where(identity => identity.IssuerId is not null).ToLookup(identity => identity.IssuerId!.Value);
        BySubject = this.identities.SelectMany(group => group).ToLookup(identity => (identity.IssuerId!.Value, identity.Subject));
    }

    public IEnumerable<string> Urls => issuers.Select(group => group.Key);

    public ILookup<(Guid Issuer, string Subject), WorkloadIdentity> BySubject { get; }

    public IEnumerable<Issuer> Issuers(string url) => issuers[url];

    public IEnumerable<WorkloadIdentity> Identities(Guid issuer) => identities[issuer];
}

/// <summary>The trust of each workspace in memory after first use (invariant 7: see <see cref="Live{TKey, TRow}"/>).</summary>
internal sealed class Trust(Database database)
{
    private readonly Live<Guid, WorkspaceTrust> live = new(
        workspace => database.Readers.Read(sql => new WorkspaceTrust(IssuerRows.Of(sql, workspace), IdentityRows.Of(sql, workspace))), 4096);

    public WorkspaceTrust Of(Guid workspace) => live.Get(workspace)!;

    /// <summary>An issuer or an identity of this workspace changed with this transaction.</summary>
    public void Changes(WriteTransaction transaction, Guid workspace) => transaction.AfterCommit(() => live.Changed(workspace));
}
