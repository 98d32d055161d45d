using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace MLExtensions.Benchmarks;

/// <summary>What the machine can do at most, with one thread: bytes read from memory and double-precision operations a second.</summary>
internal static class Roofline
{
    private const int Rounds = 7;

    /// <summary>Bytes a second of a pass that adds up 256 MB, far more than the caches hold.</summary>
    public static double Bandwidth()
    {
        var numbers = new double[32 << 20];
        Array.Fill(numbers, 1);
        return numbers.Length * sizeof(double) / Fastest(() => Sum(numbers));
    }

    /// <summary>Multiplications and additions a second of eight independent chains of fused operations in registers.</summary>
    public static double Flops()
    {
        const int Count = 20_000_000;
        return 2.0 * 8 * Vector<double>.Count * Count / Fastest(() => Chains(Count));
    }

    /// <summary>Seconds of the fastest of several runs, after one to warm up.</summary>
    public static double Fastest(Func<double> run)
    {
        var fastest = double.PositiveInfinity;
        for (var round = 0; round <= Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            // Uses the result, so that the work is not optimised away.
            if (double.IsNaN(run()))
                throw new InvalidOperationException("The result is not a number.");
            fastest = round == 0 ? fastest : Math.Min(fastest, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return fastest;
    }

    private static double Sum(double[] numbers)
    {
        var vectors = MemoryMarshal.Cast<double, Vector<double>>(numbers.AsSpan());
        Vector<double> a = default, b = default, c = default, d = default;
        for (var i = 0; i + 4 <= vectors.Length; i += 4)
        {
            a += vectors[i];
            b += vectors[i + 1];
            c += vectors[i + 2];
            d += vectors[i + 3];
        }
        return Vector.Sum(a + b + c + d);
    }

    private static double Chains(int count)
    {
        var (x, y) = (new Vector<double>(0.999), new Vector<double>(0.001));
        Vector<double> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x;
        for (var i = 0; i < count; i++)
        {
            a = Vector.FusedMultiplyAdd(a, x, y);
            b = Vector.FusedMultiplyAdd(b, x, y);
            c = Vector.FusedMultiplyAdd(c, x, y);
            d = Vector.FusedMultiplyAdd(d, x, y);
            e = Vector.FusedMultiplyAdd(e, x, y);
            f = Vector.FusedMultiplyAdd(f, x, y);
            g = Vector.FusedMultiplyAdd(g, x, y);
            h = Vector.FusedMultiplyAdd(h, x, y);
        }
        return Vector.Sum(a + b + c + d + e + f + g + h);
    }
}
