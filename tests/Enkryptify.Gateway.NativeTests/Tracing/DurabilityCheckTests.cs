using System.Text;

namespace Enkryptify.Gateway.NativeTests.Tracing;

/// <summary>The judge is judged: on handwritten traces, of which only the durable ones may pass.</summary>
public class DurabilityCheckTests
{
    private const string Wal = "/data/gateway.db-wal";
    private const string Client = "socket:[1]";
    private static readonly AcknowledgedChange Change = new("create A", "\"key\":\"A_1\"", "A_1");

    private readonly List<TraceEvent> events = [];
    private int clock;

    [Fact]
    public void Synced_before_the_reply()
    {
        Request();
        Frame("page with A_1", commit: true);
        Sync(Wal);
        Reply();

        Expect(Durability.SyncedBeforeReply);
    }

    [Fact]
    public void Synced_after_the_reply()
    {
        Request();
        Frame("page with A_1", commit: true);
        Reply();
        Sync(Wal);

        Expect(Durability.SyncedAfterReply);
    }

    [Fact]
    public void A_sync_that_is_still_running_when_the_reply_leaves_is_too_late()
    {
        Request();
        Frame("page with A_1", commit: true);
        var begin = ++clock;
        Reply();
        events.Add(new FileSync(begin, ++clock, Wal));

        Expect(Durability.SyncedAfterReply);
    }

    [Fact]
    public void Never_synced()
    {
        Request();
        Frame("page with A_1", commit: true);
        Reply();

        Expect(Durability.NeverSynced);
    }

    [Fact]
    public void A_sync_the_process_died_in_is_none()
    {
        Request();
        Frame("page with A_1", commit: true);
        events.Add(new FileSync(++clock, TraceEvent.Never, Wal));
        Reply();

        Expect(Durability.NeverSynced);
    }

    [Fact]
    public void A_sync_of_another_file_is_none()
    {
        Request();
        Frame("page with A_1", commit: true);
        Sync("/data/gateway.db");
        Sync("/data/other.db-wal");
        Reply();

        Expect(Durability.NeverSynced);
    }

    [Fact]
    public void A_sync_before_the_write_is_none()
    {
        Request();
        Sync(Wal);
        Frame("page with A_1", commit: true);
        Reply();

        Expect(Durability.NeverSynced);
    }

    [Fact]
    public void A_sync_in_the_middle_of_the_transaction_is_none()
    {
        Request();
        Frame("page with A_1", commit: false);
        Sync(Wal);
        Frame("index page", commit: true);
        Reply();

        Expect(Durability.NeverSynced);
    }

    [Fact]
    public void The_write_of_a_later_transaction_does_not_count_against_an_earlier_one()
    {
        Request();
        Frame("page with A_1", commit: true);
        Sync(Wal);
        Frame("page with A_1 and B_1", commit: true);
        Reply();

        Expect(Durability.SyncedBeforeReply);
    }

    [Fact]
    public void A_commit_that_is_written_after_the_reply_is_not_written()
    {
        Request();
        Frame("page with A_1", commit: false);
        Reply();
        Frame("index page", commit: true);
        Sync(Wal);

        Expect(Durability.NotWrittenBeforeReply);
    }

    [Fact]
    public void A_page_without_the_mark_is_someone_elses_write()
    {
        Request();
        Frame("page with B_1", commit: true);
        Sync(Wal);
        Reply();

        Expect(Durability.NotWrittenBeforeReply);
    }

    [Fact]
    public void A_mark_that_was_written_before_the_request_is_not_its_write()
    {
        Frame("page with A_1", commit: true);
        Sync(Wal);
        Request();
        Reply();

        Expect(Durability.NotWrittenBeforeReply);
    }

    [Fact]
    public void A_mark_in_a_file_that_is_not_the_database_is_not_its_write()
    {
        Request();
        events.Add(new FileWrite(++clock, clock, "/data/request.log", "A_1"u8.ToArray()));
        Sync("/data/request.log");
        Reply();

        Expect(Durability.NotWrittenBeforeReply);
    }

    [Fact]
    public void The_reply_is_the_one_on_the_same_connection()
    {
        Request();
        Send("socket:[2]", "HTTP/1.1 200 OK");
        Send(Client, "HTTP/1.1 100 Continue");
        Frame("page with A_1", commit: true);
        Sync(Wal);
        Reply();

        Expect(Durability.SyncedBeforeReply);
    }

    [Fact]
    public void A_refusal_acknowledges_nothing()
    {
        Request();
        Frame("page with A_1", commit: true);
        Sync(Wal);
        Send(Client, "HTTP/1.1 503 Service Unavailable");

        Expect(Durability.NoReply);
    }

    [Fact]
    public void A_request_that_the_trace_does_not_have_is_not_waved_through()
    {
        Frame("page with A_1", commit: true);
        Sync(Wal);
        Send(Client, "HTTP/1.1 201 Created");

        Expect(Durability.NoReply);
    }

    [Fact]
    public void Without_a_log_the_database_file_itself_is_what_must_be_synced()
    {
        Request();
        events.Add(new FileWrite(++clock, clock, "/data/gateway.db", "page with A_1"u8.ToArray()));
        Sync("/data/gateway.db");
        Reply();

        Expect(Durability.SyncedBeforeReply);
    }

    private void Expect(Durability durability)
    {
        var verdict = Assert.Single(DurabilityCheck.Judge(events, [Change], path => path is Wal or "/data/gateway.db" or "/data/other.db-wal"));
        Assert.Equal(durability, verdict.Durability);
    }

    private void Request() => events.Add(new SocketReceive(++clock, clock, Client, Encoding.UTF8.GetBytes("""POST /secret HTTP/1.1 {"key":"A_1"}""")));

    private void Reply() => Send(Client, "HTTP/1.1 201 Created");

    private void Send(string socket, string data) => events.Add(new SocketSend(++clock, clock, socket, Encoding.UTF8.GetBytes(data)));

    private void Sync(string path) => events.Add(new FileSync(++clock, clock, path));

    private void Frame(string page, bool commit)
    {
        var header = new byte[24];
        header[3] = 2;
        header[7] = (byte)(commit ? 9 : 0);
        events.Add(new FileWrite(++clock, clock, Wal, header));
        events.Add(new FileWrite(++clock, clock, Wal, Encoding.UTF8.GetBytes(page)));
    }
}
