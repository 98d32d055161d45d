using System.Numerics;
using System.Runtime.InteropServices;

namespace MLExtensions.Estimators.Optimization;

/// <summary>Vectorised sums in double whose order depends on the length only.</summary>
/// <remarks>
/// <c>TensorPrimitives.Dot</c> starts at an aligned address, hence its rounding depends on where the garbage collector has put the arrays: two fits of the same
/// data would differ in the last bit.
/// </remarks>
internal static class VectorMath
{
    /// <summary>sum_i a_i b_i.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(b.Length, a.Length);
        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b);
        var (first, second) = (Vector<double>.Zero, Vector<double>.Zero);
        var i = 0;
        for (; i <= a.Length - (2 * Vector<double>.Count); i += 2 * Vector<double>.Count)
        {
            first += Vector.LoadUnsafe(ref x, (nuint)i) * Vector.LoadUnsafe(ref y, (nuint)i);
            second += Vector.LoadUnsafe(ref x, (nuint)(i + Vector<double>.Count)) * Vector.LoadUnsafe(ref y, (nuint)(i + Vector<double>.Count));
        }
        var sum = Vector.Sum(first + second);
        for (; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    /// <summary>sum_i x_i.</summary>
    public static double Sum(ReadOnlySpan<double> x)
    {
        ref var start = ref MemoryMarshal.GetReference(x);
        var (first, second) = (Vector<double>.Zero, Vector<double>.Zero);
        var i = 0;
        for (; i <= x.Length - (2 * Vector<double>.Count); i += 2 * Vector<double>.Count)
        {
            first += Vector.LoadUnsafe(ref start, (nuint)i);
            second += Vector.LoadUnsafe(ref start, (nuint)(i + Vector<double>.Count));
        }
        var sum = Vector.Sum(first + second);
        for (; i < x.Length; i++)
            sum += x[i];
        return sum;
    }

    /// <summary>y += scale * x.</summary>
    public static void AddScaled(Span<double> y, ReadOnlySpan<double> x, double scale)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Length, y.Length);
        ref var target = ref MemoryMarshal.GetReference(y);
        ref var source = ref MemoryMarshal.GetReference(x);
        var scales = new Vector<double>(scale);
        var i = 0;
        for (; i <= y.Length - Vector<double>.Count; i += Vector<double>.Count)
            (Vector.LoadUnsafe(ref target, (nuint)i) + (scales * Vector.LoadUnsafe(ref source, (nuint)i))).StoreUnsafe(ref target, (nuint)i);
        for (; i < y.Length; i++)
            y[i] += scale * x[i];
    }

    /// <summary>max_i |x_i|; NaN when there is one.</summary>
    public static double MaxAbs(ReadOnlySpan<double> x)
    {
        var largest = 0.0;
        foreach (var value in x)
            largest = Math.Max(largest, Math.Abs(value));
        return largest;
    }
}
