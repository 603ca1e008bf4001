using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Workspaces;

namespace Enkryptify.Gateway.Secrets;

/// <summary>A change of secrets that live in a backend, as its caller may make it: what is in it was judged here, and nothing else is sent.</summary>
/// <param name="Touched">Where it changes values.</param>
internal abstract record RemoteChange(Project Project, IReadOnlyList<Env> Touched)
{
    public virtual bool IsEmpty => false;
}

/// <summary>Every secret into every environment of <see cref="RemoteChange.Touched"/>.</summary>
internal sealed record RemoteCreation(Project Project, IReadOnlyList<Env> Touched, IReadOnlyList<NewSecret> Secrets) : RemoteChange(Project, Touched);

/// <param name="Fields">As they are to be; the contract has them in every change.</param>
/// <param name="Note">Null stays as it is.</param>
/// <param name="Values">Those that differ from what is there.</param>
internal sealed record RemoteUpdate(
    Project Project, IReadOnlyList<Env> Touched, SecretRow Fields, bool HasNewFields, string? Note, IReadOnlyList<(Env Environment, Sensitive Value)> Values)
    : RemoteChange(Project, Touched)
{
    public override bool IsEmpty => !HasNewFields && Values.Count == 0;
}

/// <param name="Only">Its value there alone; null is the secret with all its values.</param>
internal sealed record RemoteDeletion(Project Project, IReadOnlyList<Env> Touched, Guid Secret, Env? Only) : RemoteChange(Project, Touched);
