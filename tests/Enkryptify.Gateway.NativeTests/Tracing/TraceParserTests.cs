using System.Text;

namespace Enkryptify.Gateway.NativeTests.Tracing;

public class TraceParserTests
{
    [Fact]
    public void Whole_calls_become_events_at_their_line()
    {
        var events = TraceParser.Parse(
        [
            """7  10:00:00.000001 recvfrom(45<socket:[901]>, "DELETE /v1/x HTTP/1.1\r\n", 4096, 0, NULL, NULL) = 23""",
            """8  10:00:00.000002 pwrite64(12</data/gateway.db-wal>, "\0\1a\\\"\377", 6, 32) = 6""",
            """8  10:00:00.000003 fdatasync(12</data/gateway.db-wal>)                = 0""",
            """7  10:00:00.000004 sendmsg(45<socket:[901]>, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="HTTP/1.1 ", iov_len=9}, {iov_base="200 OK", iov_len=6}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, MSG_NOSIGNAL) = 15""",
        ]);

        Assert.Collection(
            events,
            traced => Assert.Equal((1, 1, "socket:[901]", "DELETE /v1/x HTTP/1.1\r\n"), Parts(Assert.IsType<SocketReceive>(traced))),
            traced =>
            {
                var write = Assert.IsType<FileWrite>(traced);
                Assert.Equal("/data/gateway.db-wal", write.Path);
                Assert.Equal([0, 1, (byte)'a', (byte)'\\', (byte)'"', 255], write.Data);
            },
            traced => Assert.Equal(new FileSync(3, 3, "/data/gateway.db-wal"), traced),
            traced => Assert.Equal("HTTP/1.1 200 OK", Encoding.UTF8.GetString(Assert.IsType<SocketSend>(traced).Data)));
    }

    [Fact]
    public void An_interleaved_call_begins_at_its_entry_and_ends_at_its_return()
    {
        var events = TraceParser.Parse(
        [
            "8  10:00:00.000001 fsync(12</data/a-wal> <unfinished ...>",
            """7  10:00:00.000002 sendto(45<socket:[901]>, "HTTP/1.1 200", 12, MSG_NOSIGNAL, NULL, 0) = 12""",
            """9  10:00:00.000003 recvfrom(46<socket:[902]>,  <unfinished ...>""",
            "8  10:00:00.000004 <... fsync resumed>)     = 0",
            """9  10:00:00.000005 <... recvfrom resumed>"GET /", 4096, 0, NULL, NULL) = 5""",
        ]);

        Assert.Collection(
            events,
            traced => Assert.Equal(new FileSync(1, 4, "/data/a-wal"), traced),
            traced => Assert.Equal((2, 2), (Assert.IsType<SocketSend>(traced).Begin, traced.End)),
            traced => Assert.Equal((3, 5, "socket:[902]", "GET /"), Parts(Assert.IsType<SocketReceive>(traced))));
    }

    [Theory]
    [InlineData("8  10:00:00.000001 fsync(12</data/a-wal>) = -1 EIO (Input/output error)")]
    [InlineData("8  10:00:00.000001 fsync(12</data/a-wal>) = ?")]
    [InlineData("""8  10:00:00.000001 sendto(45<socket:[1]>, "x = 1", 5, 0, NULL, 0) = -1 EAGAIN (Resource temporarily unavailable)""")]
    [InlineData("""8  10:00:00.000001 read(4</etc/passwd>, "root", 4) = 4""")]
    [InlineData("8  10:00:00.000001 sync_file_range(12</data/a-wal>, 0, 0, SYNC_FILE_RANGE_WRITE) = 0")]
    [InlineData("8  10:00:00.000001 +++ killed by SIGKILL +++")]
    public void What_failed_or_says_nothing_is_left_out(string line) => Assert.Empty(TraceParser.Parse([line]));

    [Fact]
    public void A_call_the_process_died_in_has_no_end()
    {
        var traced = Assert.Single(TraceParser.Parse(["8  10:00:00.000001 fdatasync(12</data/a-wal> <unfinished ...>", "8  10:00:00.000002 +++ killed by SIGKILL +++"]));

        Assert.Equal(new FileSync(1, TraceEvent.Never, "/data/a-wal"), traced);
    }

    [Fact]
    public void Octal_escapes_take_at_most_three_digits()
    {
        Assert.Equal([10, 0, (byte)'9', 1, (byte)'2', 0xAB], StraceString.BytesIn("""f("\n\09\0012\xab")"""));
    }

    private static (int Begin, int End, string Socket, string Data) Parts(SocketReceive receive) =>
        (receive.Begin, receive.End, receive.Socket, Encoding.UTF8.GetString(receive.Data));
}
