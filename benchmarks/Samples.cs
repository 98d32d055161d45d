using System.Diagnostics;

namespace MLExtensions.Benchmarks;

/// <summary>
/// Seconds of several candidates, measured in turn round after round, so that a machine that slows down slows them all.
/// </summary>
internal sealed class Samples
{
    // .NET compiles hot methods again in the background: before that has settled, it is the compiler that is measured.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    private readonly double[][] _seconds;

    private Samples(double[][] seconds) => _seconds = seconds;

    /// <summary>Warms all candidates up, then runs each <paramref name="rounds"/> times, in alternating order.</summary>
    public static Samples Measure(int rounds, params Action[] candidates)
    {
        var begin = Stopwatch.GetTimestamp();
        do
        {
            foreach (var candidate in candidates)
                candidate();
        }
        while (Stopwatch.GetElapsedTime(begin) < WarmUp);

        var seconds = candidates.Select(_ => new double[rounds]).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < candidates.Length; i++)
            {
                var index = round % 2 == 0 ? i : candidates.Length - 1 - i;
                var start = Stopwatch.GetTimestamp();
                candidates[index]();
                seconds[index][round] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }
        return new Samples(seconds);
    }

    public double Median(int candidate) => MedianOf(_seconds[candidate]);

    /// <summary>Median over the rounds of one candidate's time divided by another's in the same round.</summary>
    public double Ratio(int candidate, int reference) => MedianOf(_seconds[candidate].Zip(_seconds[reference], (a, b) => a / b));

    private static double MedianOf(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
