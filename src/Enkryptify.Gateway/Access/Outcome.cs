namespace Enkryptify.Gateway.Access;

/// <summary>Why an operation was refused, as a value: expected outcomes are never exceptions. <c>Http/Replies.cs</c> maps the kind to a status.</summary>
internal enum RefusalKind
{
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    TooLarge,
    UnsupportedMediaType,
    RateLimited,
    Unavailable,

    /// <summary>What lies behind the gateway failed.</summary>
    BadGateway,

    /// <summary>What is stored cannot be used; neither the caller's mistake nor a bug.</summary>
    Damaged,
}

/// <summary>
/// A refusal with the message of the public contract (section 2) and a stable snake_case code. <paramref name="Reason"/> is for the audit
/// log alone and never leaves the gateway.
/// </summary>
internal sealed record Refusal(RefusalKind Kind, string Code, string Message, string? Reason = null)
{
    public static Refusal Invalid(string field, string problem) => new(RefusalKind.Invalid, "validation_failed", $"{field}: {problem}");

    public static Refusal NotFound(string what) => new(RefusalKind.NotFound, $"{what.ToLowerInvariant().Replace(' ', '_')}_not_found", $"{what} not found");

    /// <summary>403. Without <paramref name="lacking"/> the message is the contract's own.</summary>
    public static Refusal Forbidden(string? lacking = null) => new(
        RefusalKind.Forbidden, "insufficient_permissions", lacking is null ? "Insufficient permissions" : $"Insufficient permissions: {lacking}");

    public static Refusal Conflict(string code, string message) => new(RefusalKind.Conflict, code, message);

    /// <summary>401. One message for every cause; the cause is in the audit log.</summary>
    public static Refusal Unauthenticated(string reason) => new(RefusalKind.Unauthenticated, "invalid_token", "Invalid or expired token", reason);

    public static Refusal RateLimited() => new(RefusalKind.RateLimited, "rate_limit_exceeded", "Rate limit exceeded");
}

/// <summary>What an operation gave: a value, or a refusal.</summary>
internal readonly struct Outcome<T>
{
    private readonly T? value;

    private Outcome(T? value, Refusal? refusal) => (this.value, Refusal) = (value, refusal);

    public Refusal? Refusal { get; }

    public T Value => Refusal is null ? value! : throw new InvalidOperationException("A refused outcome has no value.");

    public bool Refused([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Refusal? refusal, out T value)
    {
        (refusal, value) = (Refusal, this.value!);
        return refusal is not null;
    }

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Refusal refusal) => new(default, refusal);
}

internal static class Outcome
{
    /// <summary>For interfaces, which have no implicit conversion.</summary>
    public static Outcome<T> Of<T>(T value) => value;
}

/// <summary>The value of an operation that gives nothing but its success.</summary>
internal readonly struct Done
{
    public static readonly Done Value;
}
