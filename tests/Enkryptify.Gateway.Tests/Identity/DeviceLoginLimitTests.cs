using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Enkryptify.Gateway.Tests.Identity;

/// <summary>What strangers and guessers can make of the device login, and what its own device never meets.</summary>
public class DeviceLoginLimitTests
{
    private const string PerAddress = "rate_limits.requests_per_minute_per_address";

    /// <summary>The CLI dies on 429. With one request a minute, its asking takes all there is.</summary>
    [Theory]
    [InlineData("approve", 200)]
    [InlineData("deny", 400)]
    [InlineData("expire", 400)]
    public async Task At_the_clis_own_pace_no_poll_is_limited(string how, int last)
    {
        await using var gateway = await TestGateway.Start((PerAddress, "1"), ("server.trusted_proxies", "127.0.0.1"));
        await Acme.Seed(gateway);
        var person = await Joined(gateway);
        var device = await Device.Ask(gateway.Anonymous.From("203.0.113.1"));
        for (var polled = 5; polled < 300; polled += 5)
        {
            gateway.Clock.Advance(TimeSpan.FromSeconds(5));
            await device.Expect("authorization_pending");
        }

        if (how != "expire")
        {
            Assert.Equal(200, (await (how == "approve" ? device.Approve(person.From("203.0.113.2")) : device.Deny(person.From("203.0.113.2")))).Status);
        }

        gateway.Clock.Advance(how == "expire" ? TimeSpan.FromSeconds(5) : TimeSpan.FromSeconds(4));
        var answer = await device.Poll();
        Assert.Equal(last, answer.Status);
        if (last == 400)
        {
            Assert.Equal(how == "deny" ? "access_denied" : "expired_token", answer.Json["error"]!.GetValue<string>());
        }
    }

    [Theory]
    [InlineData("""{"clientId":"enkryptify-cli","deviceCode":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}""")]
    [InlineData("""{"clientId":"other","deviceCode":"x"}""")]
    [InlineData("{}")]
    [InlineData("not JSON")]
    public async Task What_is_no_poll_of_an_open_request_is_limited_like_anything(string body)
    {
        await using var gateway = await TestGateway.Start((PerAddress, "3"));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(400, (await Poll()).Status);
        }

        var answer = await Poll();
        Assert.Equal((429, "rate_limit_exceeded", "60"), (answer.Status, answer.Code, answer.Headers["Retry-After"]));

        Task<Answer> Poll() => gateway.Anonymous.Send(HttpMethod.Post, "/v1/auth/device/token", new StringContent(body, null, "application/json"));
    }

    /// <summary>Polls of an open request that come faster than the CLI's are limited too.</summary>
    [Fact]
    public async Task A_device_that_hammers_is_limited()
    {
        await using var gateway = await TestGateway.Start((PerAddress, "3"));
        var device = await Device.Ask(gateway.Anonymous);
        var answers = new List<int>();
        for (var i = 0; i < 10; i++)
        {
            answers.Add((await device.Poll()).Status);
        }

        Assert.Contains(429, answers);
    }

    [Fact]
    public async Task A_thousand_wrong_user_codes_find_nothing_and_are_slowed()
    {
        await using var gateway = await TestGateway.Start(("server.trusted_proxies", "127.0.0.1"));
        await Acme.Seed(gateway);
        var (person, other) = ((await gateway.People.Join("member")).Api, (await gateway.People.Join("member")).Api);
        var open = new List<Device>();
        for (var i = 0; i < 20; i++)
        {
            open.Add(await Device.Ask(gateway.Anonymous.From("203.0.113.77")));
        }

        var guesser = person.From("203.0.113.1");
        var statuses = new List<int>();
        for (var i = 0; i < 1000; i++)
        {
            var code = $"BCDFG-{i:D5}";
            var answer = (i % 3) switch
            {
                0 => await guesser.Get($"/v1/auth/device/{code}"),
                1 => await guesser.Post($"/v1/auth/device/{code}/approve"),
                _ => await guesser.Post($"/v1/auth/device/{code}/deny"),
            };
            statuses.Add(answer.Status);
        }

        Assert.Equal([.. Enumerable.Repeat(404, 10), .. Enumerable.Repeat(429, 990)], statuses);

        // Neither another address nor another account of the same address helps; who is both other is not held up.
        Assert.Equal(429, (await open[0].Show(person.From("203.0.113.2"))).Status);
        Assert.Equal(429, (await open[0].Show(other.From("203.0.113.1"))).Status);
        Assert.Equal(200, (await open[0].Show(other.From("203.0.113.2"))).Status);

        // Each further guess costs twice the wait, up to a quarter of an hour.
        var waits = new List<int>();
        for (var i = 0; i < 12; i++)
        {
            var slowed = await guesser.Get("/v1/auth/device/BCDFG-00000");
            Assert.Equal(429, slowed.Status);
            waits.Add(int.Parse(slowed.Headers["Retry-After"], CultureInfo.InvariantCulture));
            gateway.Clock.Advance(TimeSpan.FromSeconds(waits[^1]));
            Assert.Equal(404, (await guesser.Get("/v1/auth/device/BCDFG-00000")).Status);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900], waits);
    }

    [Fact]
    public async Task At_most_twenty_are_open_from_an_address()
    {
        await using var gateway = await TestGateway.Start(("server.trusted_proxies", "127.0.0.1"));
        await Acme.Seed(gateway);
        var person = (await gateway.People.Join("member")).Api;
        foreach (var (asker, neighbour, stranger) in new[] { ("203.0.113.1", "203.0.113.1", "203.0.113.2"), ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1") })
        {
            var devices = new List<Device>();
            for (var i = 0; i < 20; i++)
            {
                devices.Add(await Device.Ask(gateway.Anonymous.From(i % 2 == 0 ? asker : neighbour)));
            }

            var refused = await Device.Code(gateway.Anonymous.From(neighbour));
            Assert.Equal((429, "rate_limit_exceeded", "300"), (refused.Status, refused.Code, refused.Headers["Retry-After"]));
            await Device.Ask(gateway.Anonymous.From(stranger));

            // One that is decided is open no more.
            Assert.Equal(200, (await devices[3].Deny(person)).Status);
            await Device.Ask(gateway.Anonymous.From(asker));
            Assert.Equal(429, (await Device.Code(gateway.Anonymous.From(asker))).Status);
        }

        gateway.Clock.Advance(DeviceLogins.Lifetime);
        await Device.Ask(gateway.Anonymous.From("203.0.113.1"));
    }

    [Fact]
    public void At_most_ten_thousand_are_open_in_all()
    {
        var clock = new FakeTimeProvider();
        var logins = new DeviceLogins(clock);
        for (var i = 0; i < DeviceLogins.MaxOpen; i++)
        {
            Assert.NotNull(logins.Open($"site {i / DeviceLogins.MaxPerAddress}", null, null));
        }

        Assert.Null(logins.Open("another site", null, null));
        clock.Advance(DeviceLogins.Lifetime);
        Assert.NotNull(logins.Open("another site", null, null));
    }

    [Fact]
    public void Codes_are_not_held_in_memory()
    {
        var logins = new DeviceLogins(TimeProvider.System);
        var (deviceCode, userCode) = logins.Open("203.0.113.1", "203.0.113.1", "ek/1.2")!.Value;
        logins.Open("203.0.113.2", "203.0.113.2", null);
        Assert.NotNull(logins.ByUserCode(userCode));
        var held = new List<string>();
        Strings(logins, held, new HashSet<object>(ReferenceEqualityComparer.Instance));
        Assert.Contains("ek/1.2", held);
        Assert.DoesNotContain(held, text => text.Contains(deviceCode.Reveal(), StringComparison.Ordinal) || text.Contains(userCode, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Codes_are_in_no_file_and_no_log()
    {
        await using var gateway = await TestGateway.Start();
        await Acme.Seed(gateway);
        var person = (await gateway.People.Join("member")).Api;
        Device[] devices = [await Device.Ask(gateway.Anonymous), await Device.Ask(gateway.Anonymous), await Device.Ask(gateway.Anonymous)];
        await devices[0].Approve(person);
        var login = await devices[0].SignedIn(gateway);
        await devices[1].Show(person);
        await devices[1].Deny(person);
        await devices[1].Expect("access_denied");
        await devices[2].Expect("authorization_pending");
        await devices[0].Approve(person);
        var logs = gateway.Logs;
        Assert.Contains("/v1/auth/device/{userCode}", logs, StringComparison.Ordinal);
        await gateway.Close();
        var kept = string.Concat(Directory.EnumerateFiles(gateway.DataDirectory, "*", SearchOption.AllDirectories)
            .Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file)))) + logs;
        await gateway.Open();
        Assert.Contains("device-login", kept, StringComparison.Ordinal);
        Assert.All(devices, device =>
        {
            Assert.DoesNotContain(device.DeviceCode, kept, StringComparison.Ordinal);
            Assert.DoesNotContain(device.UserCode, kept, StringComparison.OrdinalIgnoreCase);
        });
        Assert.DoesNotContain(login.Token!, kept, StringComparison.Ordinal);
    }

    /// <summary>Someone signed in, without their joining counting against an address.</summary>
    private static async Task<Api> Joined(TestGateway gateway)
    {
        var (id, code) = await gateway.People.Invite("sam@acme.test");
        Assert.NotEmpty(id);
        var accepted = await gateway.Anonymous.From("198.51.100.1").Post($"/v1/invite/{code}/accept", Json.Of(("name", "Sam"), ("password", People.Password)));
        Assert.Equal(200, accepted.Status);
        var answer = await gateway.Anonymous.From("198.51.100.2").Post("/v1/auth/login", Json.Of(("email", "sam@acme.test"), ("password", People.Password)));
        return gateway.Bearer(answer.Json["accessToken"]!.GetValue<string>());
    }

    /// <summary>All strings that can be reached from an object.</summary>
    private static void Strings(object? from, List<string> found, HashSet<object> seen)
    {
        if (from is string text)
        {
            found.Add(text);
        }

        if (from is null or string or TimeProvider || from.GetType().IsPrimitive || from.GetType().IsPointer || !seen.Add(from))
        {
            return;
        }

        if (from is IEnumerable items)
        {
            foreach (var item in items)
            {
                Strings(item, found, seen);
            }
        }

        for (var type = from.GetType(); type is not null; type = type.BaseType)
        {
            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                Strings(field.GetValue(from), found, seen);
            }
        }
    }
}
