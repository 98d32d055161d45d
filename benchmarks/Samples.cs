using System.Diagnostics;

namespace MLExtensions.Benchmarks;

/// <summary>
/// Seconds of several candidates, measured in turn round after round, so that a machine that slows down slows them all.
/// </summary>
internal sealed class Samples
{
    private readonly double[][] _seconds;

    private Samples(double[][] seconds) => _seconds = seconds;

    /// <summary>Runs every candidate once unmeasured, then <paramref name="rounds"/> times, in alternating order.</summary>
    public static Samples Measure(int rounds, params Action[] candidates)
    {
        foreach (var candidate in candidates)
            candidate();
        var seconds = candidates.Select(_ => new double[rounds]).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < candidates.Length; i++)
            {
                var index = round % 2 == 0 ? i : candidates.Length - 1 - i;
                GC.Collect();
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
