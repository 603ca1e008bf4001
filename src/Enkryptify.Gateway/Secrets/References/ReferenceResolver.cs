using System.Buffers;
using System.Text;

namespace Enkryptify.Gateway.Secrets.References;

/// <summary>
/// Expands the references in the texts of one request (<c>resolve=true</c>). One instance serves all texts of that request, one after the other, so that
/// they share its budgets; it is not for use by two threads.
/// </summary>
/// <remarks>
/// <para>
/// A reference is replaced by the text it names, whose own references are replaced in turn, each seen from the environment it is written in. It
/// stays exactly as written when it is
/// unknown or unreadable; cyclic, that is, it names a secret whose text it stands in, directly or through others; deeper than <see cref="ReferenceLimits.Depth"/>
/// (those of the text asked for have depth 1); or met after a budget ended. Inserted text is not read again: pieces that only together look like a reference are not one.
/// </para>
/// <para>
/// Order is that of the document, depth first. Every reference considered counts, whatever becomes of it. Bytes count as they end up in the answers: a
/// text is charged with its references as written, and expanding one of those charges the difference, so a text either fits as a whole or its
/// reference stays. The first reference that finds a budget spent ends expansion for the rest of the request: no smaller one slips in behind it.
/// </para>
/// <para>
/// Only a <em>whole</em> expansion is remembered: one in which nothing was cut off for a cycle, for depth or for a budget; what is cut depends on the way it was reached.
/// A whole one is the same by every way that leaves room for its height: were a secret of that way somewhere in it, the way from there
/// back to here would have been cut for a cycle when it was made. So what a text resolves to does not depend on what was resolved before, until a budget ends.
/// What is cut is expanded anew each time, and pays for it.
/// </para>
/// <para>
/// No secret is opened beyond the depth or after a budget ended (the one that ends the bytes, and a text that names itself, are opened to know it). Time and memory are bounded by the budgets and by the texts given:
/// opened texts and <see cref="_inserted"/> hold little more than <see cref="ReferenceLimits.Bytes"/>, and recursion is as deep as references may nest.
/// </para>
/// </remarks>
internal sealed class ReferenceResolver(LocateEnvironment locate, OpenSecret open, ReferenceLimits? limits = null)
{
    private readonly ReferenceLimits _limits = limits ?? ReferenceLimits.Contract;
    private readonly Dictionary<(string Project, string Environment), EnvironmentAddress?> _environments = [];
    private readonly Dictionary<SecretAddress, Secret?> _secrets = [];
    private readonly List<SecretAddress> _opened = [];

    /// <summary>All text that references became. A remembered expansion is a stretch of it, so nested ones cost no memory of their own.</summary>
    private readonly ArrayBufferWriter<char> _inserted = new();

    /// <summary>The secrets in whose texts the current reference stands, the one asked for first.</summary>
    private readonly List<Secret> _path = [];

    private int _references;
    private long _bytes;

    /// <summary>Every secret opened for a reference, once each, in the order of opening: for the audit entry.</summary>
    public IReadOnlyList<SecretAddress> Opened => _opened;

    /// <summary>True once a budget ended and a reference stayed as written for that alone.</summary>
    public bool Exhausted { get; private set; }

    /// <summary>The text with its references expanded, as far as the rules and budgets allow. <paramref name="address"/> is where the text is stored.</summary>
    /// <param name="outcomes">Takes what became of each reference of the text itself, up to the one that ended a budget.</param>
    public string Resolve(SecretAddress address, string text, ICollection<ReferenceOutcome>? outcomes = null)
    {
        _path.Clear();
        _path.Add(new Secret(address, text));
        StringBuilder? result = null;
        Outline outline = new();
        int copied = 0;
        for (int from = 0; !Exhausted && ReferenceParser.TryNext(text, from, out ReferenceSpan span); from = span.End)
        {
            int start = _inserted.WrittenCount;
            bool resolved = Insert(span.Reference, address.Environment, depth: 1, writtenBytes: 0, ref outline);
            outcomes?.Add(new ReferenceOutcome(span, resolved));
            if (resolved)
            {
                result ??= new StringBuilder(text.Length);
                result.Append(text, copied, span.Offset - copied).Append(_inserted.WrittenSpan[start..]);
                copied = span.End;
            }
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>Appends what the reference becomes to the inserted text and charges it; false when it stays as written, and then nothing is appended.</summary>
    private bool Insert(Reference reference, EnvironmentAddress from, int depth, int writtenBytes, ref Outline around)
    {
        if (depth > _limits.Depth)
        {
            around.Cut = true;
            return false;
        }

        if (_references == _limits.References)
        {
            return End(ref around);
        }

        _references++;
        if (Find(reference, from) is not { } secret)
        {
            return false;
        }

        if (IsOnPath(secret))
        {
            around.Cut = true;
            return false;
        }

        Whole? whole = secret.Whole is { } known && depth + known.Height <= _limits.Depth ? known : null;
        long before = _bytes - writtenBytes;
        long after = before + (whole?.Bytes ?? secret.Bytes);
        if (after > _limits.Bytes)
        {
            return End(ref around);
        }

        _bytes = after;
        around.Include(whole is null ? Expand(secret, depth, before) : Repeat(whole));
        return true;
    }

    private Outline Expand(Secret secret, int depth, long bytesBefore)
    {
        Outline outline = new();
        string text = secret.Text;
        int start = _inserted.WrittenCount;
        int copied = 0;
        _path.Add(secret);
        for (int from = 0; !Exhausted && ReferenceParser.TryNext(text, from, out ReferenceSpan span); from = span.End)
        {
            _inserted.Write(text.AsSpan(copied, span.Offset - copied));
            copied = span.Offset;
            int writtenBytes = Encoding.UTF8.GetByteCount(text.AsSpan(span.Offset, span.Length));
            if (Insert(span.Reference, secret.Address.Environment, depth + 1, writtenBytes, ref outline))
            {
                copied = span.End;
            }
        }

        _inserted.Write(text.AsSpan(copied));
        _path.RemoveAt(_path.Count - 1);
        if (!outline.Cut)
        {
            secret.Whole = new Whole(start, _inserted.WrittenCount - start, _bytes - bytesBefore, outline.Height);
        }

        return outline;
    }

    private Outline Repeat(Whole whole)
    {
        Span<char> room = _inserted.GetSpan(whole.Length);
        _inserted.WrittenSpan.Slice(whole.Start, whole.Length).CopyTo(room);
        _inserted.Advance(whole.Length);
        return new Outline { Height = whole.Height };
    }

    private Secret? Find(Reference reference, EnvironmentAddress from)
    {
        EnvironmentAddress? environment = reference is { Project: { } project, Environment: { } name } ? Locate(project, name) : from;
        if (environment is null)
        {
            return null;
        }

        SecretAddress address = new(environment.Value, reference.Name);
        if (!_secrets.TryGetValue(address, out Secret? secret))
        {
            secret = open(address) is { } text ? new Secret(address, text) : null;
            _secrets.Add(address, secret);
            if (secret is not null)
            {
                _opened.Add(address);
            }
        }

        return secret;
    }

    private EnvironmentAddress? Locate(string project, string name)
    {
        if (!_environments.TryGetValue((project, name), out EnvironmentAddress? environment))
        {
            environment = locate(project, name);
            _environments.Add((project, name), environment);
        }

        return environment;
    }

    /// <summary>
    /// By text as well as address: the text asked for may be another than what a reference to its address opens (a shared value beside the caller's
    /// personal one), and a reference to that other one is no cycle.
    /// </summary>
    private bool IsOnPath(Secret secret)
    {
        foreach (Secret ancestor in _path)
        {
            if (ancestor.Address == secret.Address && ancestor.Text == secret.Text)
            {
                return true;
            }
        }

        return false;
    }

    private bool End(ref Outline around)
    {
        Exhausted = true;
        around.Cut = true;
        return false;
    }

    /// <summary>What is known of an expansion: how deep its references nest, and whether one stayed as written because of the way here.</summary>
    private struct Outline
    {
        public int Height;
        public bool Cut;

        public void Include(Outline inner)
        {
            Height = Math.Max(Height, inner.Height + 1);
            Cut |= inner.Cut;
        }
    }

    /// <summary>A remembered expansion: a stretch of the inserted text, its size in UTF-8 and its height.</summary>
    private sealed record Whole(int Start, int Length, long Bytes, int Height);

    /// <summary>A text and where it lives; a class without a ToString of its own, so that no log can print the text.</summary>
    private sealed class Secret(SecretAddress address, string text)
    {
        public SecretAddress Address { get; } = address;
        public string Text { get; } = text;
        public int Bytes { get; } = Encoding.UTF8.GetByteCount(text);
        public Whole? Whole { get; set; }
    }
}
