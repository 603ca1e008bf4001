using Enkryptify.Gateway.Storage;
using Microsoft.Data.Sqlite;

namespace Enkryptify.Gateway.Tests.Storage;

public class MigratorTests
{
    private const string Ours = "PRAGMA application_id = 0x454B4757";

    private static string CopyOf(TestStore store) => $"{store.FilePath}.before-{Migrator.Latest}";

    [Fact]
    public void The_scripts_are_numbered_without_a_gap() =>
        Assert.Equal(Enumerable.Range(1, Migrator.Latest), Migrator.Scripts.Select(script => script.Number));

    [Fact]
    public void A_new_database_is_of_the_latest_version_and_needs_no_copy()
    {
        using var store = TestStore.Open();
        store.Reopen();
        Assert.Equal(Migrator.Latest, store.Database.Readers.Read(sql => sql.Number("PRAGMA user_version")));
        Assert.False(File.Exists(CopyOf(store)));
    }

    [Fact]
    public void An_older_database_is_copied_whole_before_its_first_script_runs()
    {
        using var store = TestStore.Empty();
        store.Tamper($"{Ours}; CREATE TABLE old (text TEXT); INSERT INTO old VALUES ('as it was')");
        store.Reopen();
        Assert.Equal(Migrator.Latest, store.Database.Readers.Read(sql => sql.Number("PRAGMA user_version")));
        Assert.Equal("as it was", store.Database.Readers.Read(sql => sql.First("SELECT text FROM old", row => row.GetString(0))));

        using var copy = Database.OpenReader(CopyOf(store));
        Assert.Equal("as it was", copy.First("SELECT text FROM old", row => row.GetString(0)));
        Assert.Equal(0, copy.Number("PRAGMA user_version"));
        Assert.Equal(1, copy.Number("SELECT count(*) FROM sqlite_schema"));
    }

    [Fact]
    public void A_copy_that_is_there_already_is_the_older_one_and_is_kept()
    {
        using var store = TestStore.Empty();
        store.Tamper($"{Ours}; CREATE TABLE old (text TEXT)");
        File.WriteAllText(CopyOf(store), "of the first attempt");
        store.Reopen();
        Assert.Equal("of the first attempt", File.ReadAllText(CopyOf(store)));
    }

    [Fact]
    public void A_script_that_fails_is_undone_and_the_copy_is_there()
    {
        using var store = TestStore.Empty();
        store.Tamper($"{Ours}; CREATE TABLE workspace (mine TEXT)");
        var error = Assert.Throws<StorageException>(store.Reopen);
        Assert.StartsWith($"{store.FilePath}: migration 1 failed and was undone: ", error.Message, StringComparison.Ordinal);
        Assert.IsType<SqliteException>(error.InnerException);
        Assert.True(File.Exists(CopyOf(store)));
        using var left = Database.OpenReader(store.FilePath);
        Assert.Equal(["workspace"], left.Query("SELECT name FROM sqlite_schema", row => row.GetString(0)));
        Assert.Equal(0, left.Number("PRAGMA user_version"));
    }
}
