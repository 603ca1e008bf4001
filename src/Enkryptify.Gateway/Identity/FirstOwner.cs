using System.Security.Cryptography;
using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Identity;

/// <summary>
/// The first owner of a new gateway, made in a browser with a code that <c>serve</c> prints: who reads it has the host's output, and that is the proof.
/// The code lives in memory, as a digest, until there is an account or the process ends. Without one nobody can make an owner here.
/// </summary>
internal sealed class FirstOwner(Database database, Passwords passwords, AuditTrail audit, RefusalLog refusals, TimeProvider time)
{
    /// <summary>20 characters of 28: 96 bits, so that guessing is hopeless before the throttle even begins.</summary>
    private const string Letters = "BCDFGHJKLMNPQRSTVWXZ23456789";
    private readonly SignInThrottle guesses = new(5, time);
    private byte[]? digest;

    /// <summary>Whether an owner can be made now.</summary>
    public bool IsOpen => Volatile.Read(ref digest) is not null;

    /// <summary>The code to print, or null when there is an account already. Each call makes a new one.</summary>
    public Sensitive? Open()
    {
        if (database.Readers.Read(sql => sql.Any("SELECT 1 FROM user_account LIMIT 1")))
        {
            return null;
        }

        var code = string.Join('-', Enumerable.Range(0, 4).Select(_ => RandomNumberGenerator.GetString(Letters, 5)));
        Volatile.Write(ref digest, Digest(code));
        return new Sensitive(code);
    }

    /// <summary>How long this address must wait after wrong codes, or null.</summary>
    public TimeSpan? Wait(string network) => guesses.Wait(network);

    /// <summary>Makes the account and its workspace, and gives the proof to sign in with. The code is used up with it.</summary>
    public async Task<Outcome<SignInProof>> Create(Sensitive code, NewOwner owner, string network, string? address, string requestId)
    {
        var held = Volatile.Read(ref digest);
        if (!CryptographicOperations.FixedTimeEquals(held ?? new byte[SHA256.HashSizeInBytes], Digest(code.Reveal())) || held is null)
        {
            guesses.Failed(network);
            await refusals.Refused("POST /first-owner", "wrong_code", address, requestId);
            return Refusal.Invalid("code", "is not the code that this gateway printed at its last start");
        }

        if (passwords.TryHash(owner.Password) is not { } hash)
        {
            return Refusal.RateLimited();
        }

        var draft = new AuditDraft(AuditAction.Create, new AuditTarget("account", null, owner.Email));
        draft.Add("workspaceRef", owner.Slug);
        var made = await audit.Change<SignInProof>(new CodeHolder(address, requestId), draft, transaction =>
        {
            if (transaction.Sql.Any("SELECT 1 FROM user_account LIMIT 1"))
            {
                return Refusal.Conflict("owner_exists", "This gateway has an owner already");
            }

            var account = Accounts.Insert(transaction.Sql, time, owner.Email, owner.Name, hash, verified: true);
            var workspace = StructureStore.Insert(transaction, time, owner.Workspace, owner.Slug, account.Id);
            draft.Target = new AuditTarget("account", account.Id.ToString("D"), account.Email);
            draft.Workspace = workspace.Id;
            return SignInProof.Password(account, hash);
        });
        if (made.Refusal is null or { Code: "owner_exists" })
        {
            Volatile.Write(ref digest, null);
        }

        return made;
    }

    /// <summary>Case, blanks and hyphens do not matter.</summary>
    private static byte[] Digest(string typed) => SHA256.HashData(Encoding.UTF8.GetBytes(new string([.. typed.Where(char.IsAsciiLetterOrDigit)]).ToUpperInvariant()));

    /// <summary>Read the code that the host printed; has no right but this one.</summary>
    private sealed class CodeHolder(string? address, string requestId) : Caller(address, requestId)
    {
        public override AuditActor Actor { get; } = new("first-owner", null, null);

        public override Right? RightIn(WorkspaceTree tree) => null;

        public override Guid? ActsFor(WorkspaceTree tree) => null;

        public override bool StillStands(WriteTransaction transaction) => true;
    }
}

/// <summary>What the first owner says of themselves.</summary>
internal sealed record NewOwner(string Email, string Name, Sensitive Password, string Workspace, string Slug);
