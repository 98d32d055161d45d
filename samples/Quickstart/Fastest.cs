using System.Diagnostics;

namespace Quickstart;

/// <summary>Measures a piece of work again and again: the fastest run is the one that JIT compilation and other programs disturbed least.</summary>
internal static class Fastest
{
    public const int LeastRuns = 5;
    private static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(0.5);

    public static (T Result, TimeSpan Time) Of<T>(Func<T> work)
    {
        var (result, fastest) = (default(T)!, TimeSpan.MaxValue);
        var begin = Stopwatch.GetTimestamp();
        for (var run = 0; run < LeastRuns || Stopwatch.GetElapsedTime(begin) < LeastTime; run++)
        {
            var start = Stopwatch.GetTimestamp();
            result = work();
            var time = Stopwatch.GetElapsedTime(start);
            fastest = time < fastest ? time : fastest;
        }

        return (result, fastest);
    }
}
