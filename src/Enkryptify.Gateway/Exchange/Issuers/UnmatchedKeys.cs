using System.Security.Cryptography;
using System.Text;

namespace Enkryptify.Gateway.Exchange.Issuers;

/// <summary>An issuer with uploaded keys that was shown tokens of keys it does not hold: its cluster may have rolled its keys over.</summary>
internal sealed record KeyWarning(Issuer Issuer, IReadOnlyList<UnmatchedKid> Kids);

/// <param name="Kid">Printable and short; what was cut or replaced is told apart by a digest.</param>
/// <param name="NamesAnIdentity">Whether a token of this kid asked for a registered audience and subject: more than a stray one does.</param>
internal sealed record UnmatchedKid(string Kid, DateTimeOffset Since, DateTimeOffset LastSeen, long Count, bool NamesAnIdentity);

/// <summary>
/// What uploaded keys have not matched. Nobody has proven anything here: whoever knows a workspace and its issuer's URL can invent a <c>kid</c>. So it is
/// a hint for the operator and decides nothing; it holds at most <see cref="MaxIssuers"/> issuers with <see cref="MaxKids"/> kids each, those seen last,
/// and forgets each after <see cref="KeptFor"/> of silence.
/// </summary>
internal sealed class UnmatchedKeys(TimeProvider time)
{
    public const int MaxIssuers = 64;
    public const int MaxKids = 8;
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);
    private const int MaxShown = 64;

    private readonly Lock gate = new();
    private readonly Dictionary<Guid, Noted> noted = [];
    private volatile bool any;

    /// <summary>Longest silent last.</summary>
    public IReadOnlyList<KeyWarning> All
    {
        get
        {
            if (!any)
            {
                return [];
            }

            lock (gate)
            {
                Tidy(time.GetUtcNow());
                return [.. noted.Values.OrderByDescending(one => one.LastSeen).Select(one => new KeyWarning(one.Issuer, [.. one.Kids.Values.OrderByDescending(kid => kid.LastSeen)]))];
            }
        }
    }

    public void Note(Issuer issuer, string kid, bool namesAnIdentity)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            if (!noted.TryGetValue(issuer.Id, out var one))
            {
                Tidy(now);
                if (noted.Count >= MaxIssuers)
                {
                    noted.Remove(noted.MinBy(pair => pair.Value.LastSeen).Key);
                }

                noted[issuer.Id] = one = new Noted();
            }

            one.Issuer = issuer;
            if (!one.Kids.TryGetValue(kid, out var seen))
            {
                if (one.Kids.Count >= MaxKids)
                {
                    one.Kids.Remove(one.Kids.MinBy(pair => (pair.Value.NamesAnIdentity, pair.Value.LastSeen)).Key);
                }

                seen = new UnmatchedKid(Shown(kid), now, now, 0, false);
            }

            one.Kids[kid] = seen with { LastSeen = now, Count = seen.Count + 1, NamesAnIdentity = seen.NamesAnIdentity || namesAnIdentity };
            any = true;
        }
    }

    /// <summary>These keys are held now.</summary>
    public void Held(Issuer issuer) => Drop(issuer.Id, kid => issuer.Uploaded.Find(kid).Count > 0);

    public void Held(Issuer issuer, string kid) => Drop(issuer.Id, other => other == kid);

    public void Forget(Guid issuer) => Drop(issuer, _ => true);

    private void Drop(Guid issuer, Func<string, bool> which)
    {
        if (!any)
        {
            return;
        }

        lock (gate)
        {
            if (noted.TryGetValue(issuer, out var one))
            {
                one.Drop((kid, _) => which(kid));
                Tidy(time.GetUtcNow());
            }
        }
    }

    private void Tidy(DateTimeOffset now)
    {
        foreach (var (issuer, one) in noted)
        {
            one.Drop((_, seen) => now - seen.LastSeen >= KeptFor);
            if (one.Kids.Count == 0)
            {
                noted.Remove(issuer);
            }
        }

        any = noted.Count > 0;
    }

    private static string Shown(string kid)
    {
        if (kid.Length <= MaxShown && kid.All(c => c is >= ' ' and <= '~'))
        {
            return kid;
        }

        var printable = string.Concat(kid.Take(MaxShown).Select(c => c is >= ' ' and <= '~' ? c : '?'));
        return $"{printable}… (SHA-256 {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(kid)).AsSpan(0, 8))})";
    }

    private sealed class Noted
    {
        public Issuer Issuer { get; set; } = null!;

        public Dictionary<string, UnmatchedKid> Kids { get; } = new(StringComparer.Ordinal);

        public DateTimeOffset LastSeen => Kids.Count == 0 ? DateTimeOffset.MinValue : Kids.Values.Max(kid => kid.LastSeen);

        public void Drop(Func<string, UnmatchedKid, bool> which)
        {
            foreach (var (kid, seen) in Kids)
            {
                if (which(kid, seen))
                {
                    Kids.Remove(kid);
                }
            }
        }
    }
}
