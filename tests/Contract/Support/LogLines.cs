using System.Collections.Concurrent;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>What a context logs while this lives.</summary>
internal sealed class LogLines
{
    private readonly ConcurrentQueue<LoggingEventArgs> _events = [];

    public LogLines(MLContext ml) => ml.Log += (_, line) => _events.Enqueue(line);

    public IEnumerable<string> All => _events.Select(line => line.Message);

    public IEnumerable<string> Warnings => _events.Where(line => line.Kind == ChannelMessageKind.Warning).Select(line => line.Message);
}
