using System.Globalization;
using System.Text;
using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Configuration;
using Enkryptify.Gateway.Credentials;
using Enkryptify.Gateway.Encryption;
using Enkryptify.Gateway.Encryption.Rotation;
using Enkryptify.Gateway.Exchange.Issuers;
using Enkryptify.Gateway.Forwarding;
using Enkryptify.Gateway.Secrets;
using Enkryptify.Gateway.Storage;
using Enkryptify.Gateway.Tests.Storage;
using Enkryptify.Gateway.Tests.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Enkryptify.Gateway.Tests.Encryption.Rotation;

/// <summary>
/// The data directory of a closed gateway with its keys in hand and nothing running: a rotation goes as many steps as the test says. Each step is one
/// transaction, so leaving after it is what a kill there leaves.
/// </summary>
internal sealed class KeyBench : IDisposable
{
    private readonly TestGateway gateway;

    public KeyBench(TestGateway gateway)
    {
        this.gateway = gateway;
        Reopen();
    }

    public Database Database { get; private set; } = null!;

    public Keys Keys { get; private set; } = null!;

    public KeyBegin Begin { get; private set; } = null!;

    public KeyWork Work { get; private set; } = null!;

    public OfflineCache Offline { get; private set; } = null!;

    /// <summary>As after a kill: what was in memory is gone.</summary>
    public void Reopen(SecretReference? master = null)
    {
        Dispose();
        Database = Database.Open(gateway.DataDirectory);
        Keys = Keys.Open(Database, master is null ? gateway.Config.Encryption : new EncryptionConfig(master), gateway.Clock);
        Begin = new KeyBegin(Keys.Ring, Keys.Digests, Keys.Signing, Database.Chain, gateway.Clock);
        Offline = new OfflineCache(gateway.DataDirectory, Keys.Ring, NullLogger<OfflineCache>.Instance);
        Work = new KeyWork(Database, Keys.Ring, Keys.Digests, Keys.Signing, Offline, gateway.Clock, NullLogger.Instance);
    }

    public async Task<(string From, string To)> Rotate(Func<KeyBegin, WriteTransaction, Outcome<(string From, string To)>> begin)
    {
        // Ids of keys made within one millisecond have no order.
        gateway.Clock.Advance(TimeSpan.FromMilliseconds(10));
        return (await Database.Writer.Change(transaction => begin(Begin, transaction))).Value;
    }

    public static Outcome<(string From, string To)> Environment(KeyBegin begin, WriteTransaction transaction, string environment) =>
        begin.Environment(transaction, Guid.Parse(environment)) is { } rotated ? rotated : KeyBegin.InProgress;

    /// <summary>How many steps were made: fewer than asked for when there was no more to do.</summary>
    public async Task<int> Step(int most = int.MaxValue)
    {
        var made = 0;
        if (most == 0)
        {
            return 0;
        }

        await foreach (var _ in Work.Steps())
        {
            if (++made == most)
            {
                break;
            }
        }

        return made;
    }

    public Task Put(string environment, string project, int count, string prefix = "BULK") => Database.Writer.Change<Done>(transaction =>
    {
        for (var i = 0; i < count; i++)
        {
            var now = gateway.Clock.GetUtcNow();
            var secret = new SecretRow(Ids.New(gateway.Clock), string.Create(CultureInfo.InvariantCulture, $"{prefix}_{i}"), "", "runtime", "text", now, now);
            SecretRows.Insert(transaction.Sql, Guid.Parse(project), secret);
            SecretRows.Put(transaction.Sql, Keys.Ring, secret.Id, Guid.Parse(environment), "", new Sensitive(secret.Name), now);
        }

        return Done.Value;
    });

    /// <summary>Opens everything that is sealed in the database: values, keys, tokens of issuers.</summary>
    public void EverythingOpens()
    {
        Database.Readers.Read(sql =>
        {
            foreach (var row in sql.Query(
                "SELECT v.secret_id, v.environment_id, v.owner_id, v.version, v.key_id, v.sealed, s.name FROM secret_value v JOIN secret s ON s.id = v.secret_id",
                row => (Place: new ValuePlace(row.Id(1), row.Id(0), row.GetInt64(3), row.GetString(2)), Key: row.GetString(4), Box: row.Bytes(5), Name: row.GetString(6))))
            {
                var text = Encoding.UTF8.GetString(Keys.Ring.OpenValue(sql, row.Key, row.Box, row.Place));
                Assert.True(row.Name == "KEY" || text == row.Name, "the value is the one that was stored");
            }

            foreach (var column in SealedColumn.All)
            {
                foreach (var row in sql.Query(
                    $"SELECT {column.Id}, {column.Box}, {column.Extra}, kek_id FROM {column.Table} WHERE {column.Box} IS NOT NULL AND length({column.Box}) > 0",
                    row => (Id: row.GetString(0), Box: row.Bytes(1), Extra: row.GetString(2), Kek: row.GetString(3))))
                {
                    Assert.NotEmpty(Keys.Ring.Unwrap(row.Kek, row.Box, column.Purpose(row.Id, row.Extra)));
                }
            }

            return 0;
        });
    }

    public string Text(string sql) => Database.Readers.Read(read => read.Text(sql));

    public void Tamper(string sql)
    {
        Close();
        TestStore.Tamper(Path.Combine(gateway.DataDirectory, Database.FileName), sql);
        Reopen();
    }

    public void Close()
    {
        Database?.Dispose();
        Offline?.Dispose();
        (Database, Offline) = (null!, null!);
    }

    public void Dispose() => Close();
}
