namespace Enkryptify.Gateway.Credentials;

/// <summary>How long an API token lives, in the words of the contract (section 4). Months are calendar months.</summary>
internal static class Lifetime
{
    public const string Choices = "24h, 5d, 30d, 60d, 3m, 6m";

    public static DateTimeOffset? From(DateTimeOffset now, string lifetime) => lifetime switch
    {
        "24h" => now.AddHours(24),
        "5d" => now.AddDays(5),
        "30d" => now.AddDays(30),
        "60d" => now.AddDays(60),
        "3m" => now.AddMonths(3),
        "6m" => now.AddMonths(6),
        _ => null,
    };
}
