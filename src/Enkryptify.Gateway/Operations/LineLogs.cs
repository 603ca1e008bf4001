using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Enkryptify.Gateway.Configuration;

namespace Enkryptify.Gateway.Operations;

/// <summary>
/// One line an event on standard error, as text, as JSON or for the journal; systemd's journal takes it from there. Lines are gathered and written within
/// <see cref="Delay"/>, so that a request does not wait for the pipe; warnings and worse are written at once.
/// </summary>
internal sealed class LineLogs : ILoggerProvider
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(100);

    /// <summary>Beyond this, lines wait for the pipe after all: what is logged is never dropped.</summary>
    private const int MaxGathered = 1 << 20;

    private readonly Lock gate = new();
    private readonly ArrayBufferWriter<byte> gathered = new(16 * 1024);
    private readonly Stream output;
    private readonly LogFormat format;
    private readonly TimeProvider time;
    private readonly Timer timer;
    private bool armed;

    public LineLogs(Stream output, LogFormat format, TimeProvider time)
    {
        (this.output, this.format, this.time) = (output, format, time);
        timer = new Timer(_ => Flush());
    }

    public ILogger CreateLogger(string categoryName) => new LineLogger(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose()
    {
        timer.Dispose();
        Flush();
    }

    public void Flush()
    {
        lock (gate)
        {
            armed = false;
            if (gathered.WrittenCount == 0)
            {
                return;
            }

            try
            {
                output.Write(gathered.WrittenSpan);
                output.Flush();
            }
            catch (IOException)
            {
                // Nobody reads any more. The gateway must not stop for that: the audit log is what has to be kept.
            }

            gathered.ResetWrittenCount();
        }
    }

    private void Write(LogLevel level, string category, string message, IReadOnlyList<KeyValuePair<string, object?>>? fields)
    {
        lock (gate)
        {
            var now = time.GetUtcNow().UtcDateTime;
            if (format == LogFormat.Json)
            {
                Json(now, level, category, message, fields);
            }
            else if (format == LogFormat.Journal)
            {
                gathered.Write(Encoding.UTF8.GetBytes($"<{Priority(level)}>{OneLine(message)}\n"));
            }
            else
            {
                gathered.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {Word(level)} {OneLine(message)}\n")));
            }

            if (level < LogLevel.Warning && gathered.WrittenCount < MaxGathered)
            {
                if (!armed)
                {
                    armed = true;
                    timer.Change(Delay, Timeout.InfiniteTimeSpan);
                }

                return;
            }
        }

        Flush();
    }

    private void Json(DateTime now, LogLevel level, string category, string message, IReadOnlyList<KeyValuePair<string, object?>>? fields)
    {
        using (var writer = new Utf8JsonWriter(gathered, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("time"u8, now);
            writer.WriteString("level"u8, Word(level));
            writer.WriteString("category"u8, category);
            writer.WriteString("message"u8, message);
            foreach (var (name, value) in fields ?? [])
            {
                if (name == "{OriginalFormat}")
                {
                    continue;
                }

                var key = JsonNamingPolicy.CamelCase.ConvertName(name);
                switch (value)
                {
                    case int number:
                        writer.WriteNumber(key, number);
                        break;
                    case long number:
                        writer.WriteNumber(key, number);
                        break;
                    default:
                        writer.WriteString(key, Convert.ToString(value, CultureInfo.InvariantCulture));
                        break;
                }
            }

            writer.WriteEndObject();
        }

        gathered.Write("\n"u8);
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        _ => "error",
    };

    /// <summary>Those of syslog(3).</summary>
    private static int Priority(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => 7,
        LogLevel.Information => 6,
        LogLevel.Warning => 4,
        _ => 3,
    };

    private static string OneLine(string message) => message.ReplaceLineEndings(" | ");

    private sealed class LineLogger(LineLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        /// <summary>An exception is named by its type alone: its message may quote anything.</summary>
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => logs.Write(
            logLevel, category, formatter(state, null) + (exception is null ? "" : $" ({exception.GetType().FullName})"), state as IReadOnlyList<KeyValuePair<string, object?>>);
    }
}
