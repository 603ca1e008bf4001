namespace Enkryptify.Gateway;

/// <summary>Ids are UUID version 7 in lower case (contract section 1): they sort by time of creation.</summary>
internal static class Ids
{
#pragma warning disable RS0030 // the one place that makes ids
    public static Guid New(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow());
#pragma warning restore RS0030
}
