using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLExtensions.Trainers;

/// <summary>How a row of a tile is loaded as two vectors in double.</summary>
internal interface ITileNumber<T>
{
    /// <summary>Loads <see cref="Vector{T}"/> of <see cref="float"/>'s count of numbers.</summary>
    static abstract (Vector<double> Lower, Vector<double> Upper) Load(ref readonly T start, int offset);
}

/// <summary>Tiles in single precision.</summary>
internal readonly struct SingleTile : ITileNumber<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector<double> Lower, Vector<double> Upper) Load(ref readonly float start, int offset)
    {
        Vector.Widen(Vector.LoadUnsafe(in start, (nuint)offset), out var lower, out var upper);
        return (lower, upper);
    }
}

/// <summary>Tiles in double precision.</summary>
internal readonly struct DoubleTile : ITileNumber<double>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector<double> Lower, Vector<double> Upper) Load(ref readonly double start, int offset)
        => (Vector.LoadUnsafe(in start, (nuint)offset), Vector.LoadUnsafe(in start, (nuint)(offset + Vector<double>.Count)));
}

/// <summary>
/// The two matrix products of a layer on a tile, a matrix of <see cref="Rows"/> columns, one for each row of the table: all vectors run over rows of the table, whatever
/// the sizes of the layer. The order of the sums depends on the sizes only.
/// </summary>
internal static class TileProducts
{
    /// <summary>Rows of the table in a tile.</summary>
    public const int Rows = 64;

    private static readonly int Pair = Vector<float>.Count;

    /// <summary>C += A B with A [m, k], B [k, tile] and C [m, tile]; A's element i, j lies at i * rowStride + j * columnStride.</summary>
    public static void AddProduct<T, TLoad>(int m, int k, ReadOnlySpan<double> a, int rowStride, int columnStride, ReadOnlySpan<T> b, Span<double> c)
        where TLoad : ITileNumber<T>
    {
        if (m == 0 || k == 0)
            return;
        ref var weights = ref MemoryMarshal.GetReference(a);
        ref var tile = ref MemoryMarshal.GetReference(b);
        ref var sums = ref MemoryMarshal.GetReference(c);
        var i = 0;
        for (; i + 4 <= m; i += 4)
        {
            for (var column = 0; column < Rows; column += Pair)
                AddFourRows<T, TLoad>(k, ref Unsafe.Add(ref weights, i * rowStride), rowStride, columnStride, ref Unsafe.Add(ref tile, column), ref Unsafe.Add(ref sums, (i * Rows) + column));
        }
        for (; i < m; i++)
        {
            for (var column = 0; column < Rows; column += 4 * Pair)
                AddOneRow<T, TLoad>(k, ref Unsafe.Add(ref weights, i * rowStride), columnStride, ref Unsafe.Add(ref tile, column), ref Unsafe.Add(ref sums, (i * Rows) + column));
        }
    }

    /// <summary>C += A B' with A [m, tile], B [k, tile] and C [m, k].</summary>
    public static void AddProductWithTransposed<T, TLoad>(int m, int k, ReadOnlySpan<double> a, ReadOnlySpan<T> b, Span<double> c)
        where TLoad : ITileNumber<T>
    {
        if (m == 0 || k == 0)
            return;
        ref var left = ref MemoryMarshal.GetReference(a);
        ref var right = ref MemoryMarshal.GetReference(b);
        for (var i = 0; i < m; i++)
        {
            var sums = c.Slice(i * k, k);
            ref var row = ref Unsafe.Add(ref left, i * Rows);
            var j = 0;
            for (; j + 4 <= k; j += 4)
                AddFourDots<T, TLoad>(ref row, ref Unsafe.Add(ref right, j * Rows), sums.Slice(j, 4));
            for (; j < k; j++)
                sums[j] += Dot<T, TLoad>(ref row, ref Unsafe.Add(ref right, j * Rows));
        }
    }

    private static void AddFourRows<T, TLoad>(int k, ref double a, int rowStride, int columnStride, ref T b, ref double c)
        where TLoad : ITileNumber<T>
    {
        var (c0, d0) = DoubleTile.Load(in c, 0);
        var (c1, d1) = DoubleTile.Load(in c, Rows);
        var (c2, d2) = DoubleTile.Load(in c, 2 * Rows);
        var (c3, d3) = DoubleTile.Load(in c, 3 * Rows);
        for (var j = 0; j < k; j++)
        {
            var (lower, upper) = TLoad.Load(in b, j * Rows);
            ref var weight = ref Unsafe.Add(ref a, j * columnStride);
            var (w0, w1) = (new Vector<double>(weight), new Vector<double>(Unsafe.Add(ref weight, rowStride)));
            var (w2, w3) = (new Vector<double>(Unsafe.Add(ref weight, 2 * rowStride)), new Vector<double>(Unsafe.Add(ref weight, 3 * rowStride)));
            (c0, d0) = (Vector.MultiplyAddEstimate(w0, lower, c0), Vector.MultiplyAddEstimate(w0, upper, d0));
            (c1, d1) = (Vector.MultiplyAddEstimate(w1, lower, c1), Vector.MultiplyAddEstimate(w1, upper, d1));
            (c2, d2) = (Vector.MultiplyAddEstimate(w2, lower, c2), Vector.MultiplyAddEstimate(w2, upper, d2));
            (c3, d3) = (Vector.MultiplyAddEstimate(w3, lower, c3), Vector.MultiplyAddEstimate(w3, upper, d3));
        }
        Store(c0, d0, ref c, 0);
        Store(c1, d1, ref c, Rows);
        Store(c2, d2, ref c, 2 * Rows);
        Store(c3, d3, ref c, 3 * Rows);
    }

    // Four pairs of vectors of one row, so that additions need not wait for each other.
    private static void AddOneRow<T, TLoad>(int k, ref double a, int columnStride, ref T b, ref double c)
        where TLoad : ITileNumber<T>
    {
        var pair = Vector<float>.Count;
        var (c0, d0) = DoubleTile.Load(in c, 0);
        var (c1, d1) = DoubleTile.Load(in c, pair);
        var (c2, d2) = DoubleTile.Load(in c, 2 * pair);
        var (c3, d3) = DoubleTile.Load(in c, 3 * pair);
        for (var j = 0; j < k; j++)
        {
            var weight = new Vector<double>(Unsafe.Add(ref a, j * columnStride));
            var (b0, e0) = TLoad.Load(in b, j * Rows);
            var (b1, e1) = TLoad.Load(in b, (j * Rows) + pair);
            var (b2, e2) = TLoad.Load(in b, (j * Rows) + (2 * pair));
            var (b3, e3) = TLoad.Load(in b, (j * Rows) + (3 * pair));
            (c0, d0) = (Vector.MultiplyAddEstimate(weight, b0, c0), Vector.MultiplyAddEstimate(weight, e0, d0));
            (c1, d1) = (Vector.MultiplyAddEstimate(weight, b1, c1), Vector.MultiplyAddEstimate(weight, e1, d1));
            (c2, d2) = (Vector.MultiplyAddEstimate(weight, b2, c2), Vector.MultiplyAddEstimate(weight, e2, d2));
            (c3, d3) = (Vector.MultiplyAddEstimate(weight, b3, c3), Vector.MultiplyAddEstimate(weight, e3, d3));
        }
        Store(c0, d0, ref c, 0);
        Store(c1, d1, ref c, pair);
        Store(c2, d2, ref c, 2 * pair);
        Store(c3, d3, ref c, 3 * pair);
    }

    private static void AddFourDots<T, TLoad>(ref double a, ref T b, Span<double> sums)
        where TLoad : ITileNumber<T>
    {
        Vector<double> c0 = default, c1 = default, c2 = default, c3 = default;
        Vector<double> d0 = default, d1 = default, d2 = default, d3 = default;
        for (var column = 0; column < Rows; column += Vector<float>.Count)
        {
            var (lower, upper) = DoubleTile.Load(in a, column);
            var (b0, e0) = TLoad.Load(in b, column);
            var (b1, e1) = TLoad.Load(in b, Rows + column);
            var (b2, e2) = TLoad.Load(in b, (2 * Rows) + column);
            var (b3, e3) = TLoad.Load(in b, (3 * Rows) + column);
            (c0, d0) = (Vector.MultiplyAddEstimate(lower, b0, c0), Vector.MultiplyAddEstimate(upper, e0, d0));
            (c1, d1) = (Vector.MultiplyAddEstimate(lower, b1, c1), Vector.MultiplyAddEstimate(upper, e1, d1));
            (c2, d2) = (Vector.MultiplyAddEstimate(lower, b2, c2), Vector.MultiplyAddEstimate(upper, e2, d2));
            (c3, d3) = (Vector.MultiplyAddEstimate(lower, b3, c3), Vector.MultiplyAddEstimate(upper, e3, d3));
        }
        sums[0] += Vector.Sum(c0 + d0);
        sums[1] += Vector.Sum(c1 + d1);
        sums[2] += Vector.Sum(c2 + d2);
        sums[3] += Vector.Sum(c3 + d3);
    }

    private static double Dot<T, TLoad>(ref double a, ref T b)
        where TLoad : ITileNumber<T>
    {
        Vector<double> c = default, d = default;
        for (var column = 0; column < Rows; column += Vector<float>.Count)
        {
            var (lower, upper) = DoubleTile.Load(in a, column);
            var (first, second) = TLoad.Load(in b, column);
            (c, d) = (Vector.MultiplyAddEstimate(lower, first, c), Vector.MultiplyAddEstimate(upper, second, d));
        }
        return Vector.Sum(c + d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector<double> lower, Vector<double> upper, ref double target, int offset)
    {
        lower.StoreUnsafe(ref target, (nuint)offset);
        upper.StoreUnsafe(ref target, (nuint)(offset + Vector<double>.Count));
    }
}
