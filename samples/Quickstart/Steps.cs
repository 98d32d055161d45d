using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML;
using Spectre.Console;

namespace Quickstart;

/// <summary>Runs long steps under a progress bar, which follows what the trainers of this pack log: "epoch 3 of 40". Without a terminal there is only a line for each step.</summary>
internal sealed partial class Steps
{
    private ProgressTask? _current;

    public Steps(MLContext ml) => ml.Log += (_, line) => Follow(line.Message);

    /// <summary>Seconds that the last step took.</summary>
    public double LastSeconds { get; private set; }

    /// <summary>Runs a step.</summary>
    /// <param name="title">What it does.</param>
    /// <param name="work">The step.</param>
    public T Run<T>(string title, Func<T> work)
    {
        var start = Stopwatch.GetTimestamp();
        var result = AnsiConsole.Profile.Capabilities.Interactive ? UnderBar(title, work) : work();
        LastSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {title}: {LastSeconds:0.0} s"));
        return result;
    }

    private T UnderBar<T>(string title, Func<T> work)
        => AnsiConsole.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new ElapsedTimeColumn())
            .Start(progress =>
            {
                _current = progress.AddTask(Markup.Escape(title), maxValue: 1);
                try
                {
                    return work();
                }
                finally
                {
                    _current = null;
                }
            });

    private void Follow(string message)
    {
        if (_current is not { } task || Share().Match(message) is not { Success: true } match)
            return;
        task.MaxValue = double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
        task.Value = double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"\b(?:epoch|unit|step|run) (\d+) of (\d+)")]
    private static partial Regex Share();
}
