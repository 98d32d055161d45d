using System.Globalization;
using Microsoft.ML.Runtime;

namespace MLExtensions.Estimators.Training;

/// <summary>The progress of a fit: how far it is and how its metrics stand.</summary>
public sealed class TrainingProgress : IDisposable
{
    private readonly IProgressChannel _channel;
    private readonly Lock _lock = new();
    private readonly string _unit;
    private readonly string[] _names;
    private readonly Action<string> _log;
    private readonly double?[] _metrics;
    private double _position;
    private double? _end;

    internal TrainingProgress(IHost host, string unit, string[] metrics, Action<string> log)
    {
        _unit = unit;
        _names = metrics;
        _log = log;
        _metrics = new double?[metrics.Length];
        _channel = host.StartProgressChannel("Training");
        _channel.SetHeader(new ProgressHeader(metrics, [unit]), Show);
    }

    /// <summary>Notes where the fit stands; cheap enough to be called once a step.</summary>
    /// <param name="position">How many units are done.</param>
    /// <param name="end">How many units there are, if that is known.</param>
    /// <param name="metrics">The metrics, in the order of their names.</param>
    public void Report(double position, double? end, params ReadOnlySpan<double> metrics)
    {
        lock (_lock)
        {
            _position = position;
            _end = end;
            for (var i = 0; i < metrics.Length; i++)
                _metrics[i] = metrics[i];
        }
    }

    /// <summary>Emits the current metrics as a checkpoint and as a line of the log, at the end of an epoch or step.</summary>
    public void Checkpoint()
    {
        double?[] values;
        double? end;
        lock (_lock)
        {
            values = [.. _metrics, _position];
            end = _end;
        }
        _channel.Checkpoint(values);
        // MLContext.Log shows messages of channels, but nothing of progress channels.
        var metrics = _names.Zip(values).Where(metric => metric.Second is not null).Select(metric => string.Create(CultureInfo.InvariantCulture, $", {metric.First} {metric.Second:G6}"));
        _log(string.Create(CultureInfo.InvariantCulture, $"{_unit} {values[^1]}{(end is null ? "" : " of ")}{end}{string.Concat(metrics)}"));
    }

    /// <summary>Ends the report.</summary>
    public void Dispose() => _channel.Dispose();

    private void Show(IProgressEntry entry)
    {
        lock (_lock)
        {
            if (_end is { } end)
                entry.SetProgress(0, _position, end);
            else
                entry.SetProgress(0, _position);
            for (var i = 0; i < _metrics.Length; i++)
            {
                if (_metrics[i] is { } metric)
                    entry.SetMetric(i, metric);
            }
        }
    }
}
