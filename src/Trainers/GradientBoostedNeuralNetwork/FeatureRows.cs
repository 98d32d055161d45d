using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLExtensions.Estimators.Data;

namespace MLExtensions.Trainers;

/// <summary>Rows of features as they were read, dense or sparse, and the two products that a linear layer needs.</summary>
/// <remarks>
/// Features are kept as <see cref="float"/> and multiplied in double. Whether they are kept dense depends on how many of them are 0 and not on how they came,
/// so that a model does not depend on that either.
/// </remarks>
internal sealed class FeatureRows
{
    // A gathered product costs about as much as eight in a row.
    private const double LargestSparseDensity = 1 / 8.0;

    private readonly float[] _values;
    private readonly int[] _indices;
    private readonly int[] _rowStarts;

    private FeatureRows(int count, int featureCount, float[] values, int[] indices, int[] rowStarts)
        => (Count, FeatureCount, _values, _indices, _rowStarts) = (count, featureCount, values, indices, rowStarts);

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    /// <summary>Number of features d.</summary>
    public int FeatureCount { get; }

    /// <summary>Whether only values other than 0 are stored.</summary>
    public bool IsSparse => _rowStarts.Length > 0;

    /// <summary>Multiplications that a product with one row costs, in the mean.</summary>
    public long WorkPerRow => Math.Max(1, _values.Length / Math.Max(1, Count)) * (IsSparse ? 4 : 1);

    /// <summary>Copies a block; a missing value becomes its entry in <paramref name="replacements"/>.</summary>
    public static FeatureRows From(RowBlock block, ReadOnlySpan<float> replacements = default)
    {
        var dense = (long)block.Count * block.FeatureCount;
        return CountNonZero(block) < LargestSparseDensity * dense ? Sparse(block, replacements) : Dense(block, replacements);
    }

    /// <summary>Calls an action for every stored value of a row.</summary>
    public void ForEach(int row, Action<int, float> action)
    {
        if (!IsSparse)
        {
            for (var j = 0; j < FeatureCount; j++)
                action(j, _values[((long)row * FeatureCount) + j]);
            return;
        }
        for (var i = _rowStarts[row]; i < _rowStarts[row + 1]; i++)
            action(_indices[i], _values[i]);
    }

    /// <summary>products_i = offset + x_i' weights, for the given rows.</summary>
    public void Multiply(ReadOnlySpan<int> rows, ReadOnlySpan<double> weights, double offset, Span<double> products)
    {
        if (IsSparse)
        {
            MultiplySparse(rows, weights, offset, products);
            return;
        }
        var i = 0;
        for (; i + 4 <= rows.Length; i += 4)
            MultiplyFour(rows.Slice(i, 4), weights, offset, products.Slice(i, 4));
        for (; i < rows.Length; i++)
            products[i] = offset + Dot(DenseRow(rows[i]), weights);
    }

    /// <summary>sums += sum_i factors_i x_i, over the given rows.</summary>
    public void AddMultiples(ReadOnlySpan<int> rows, ReadOnlySpan<double> factors, Span<double> sums)
    {
        if (IsSparse)
        {
            AddSparse(rows, factors, sums);
            return;
        }
        var i = 0;
        for (; i + 4 <= rows.Length; i += 4)
            AddFour(rows.Slice(i, 4), factors.Slice(i, 4), sums);
        for (; i < rows.Length; i++)
            AddOne(DenseRow(rows[i]), factors[i], sums);
    }

    // Four rows at a time share each load of the weights.
    private void MultiplyFour(ReadOnlySpan<int> rows, ReadOnlySpan<double> weights, double offset, Span<double> products)
    {
        ref var x0 = ref Start(rows[0]);
        ref var x1 = ref Start(rows[1]);
        ref var x2 = ref Start(rows[2]);
        ref var x3 = ref Start(rows[3]);
        ref var w = ref MemoryMarshal.GetReference(weights);
        Vector<double> s0 = default, s1 = default, s2 = default, s3 = default;
        var j = 0;
        for (; j <= weights.Length - Vector<float>.Count; j += Vector<float>.Count)
        {
            var (lower, upper) = (Vector.LoadUnsafe(ref w, (nuint)j), Vector.LoadUnsafe(ref w, (nuint)(j + Vector<double>.Count)));
            s0 = AddProduct(s0, ref x0, j, lower, upper);
            s1 = AddProduct(s1, ref x1, j, lower, upper);
            s2 = AddProduct(s2, ref x2, j, lower, upper);
            s3 = AddProduct(s3, ref x3, j, lower, upper);
        }
        (products[0], products[1], products[2], products[3]) = (Vector.Sum(s0), Vector.Sum(s1), Vector.Sum(s2), Vector.Sum(s3));
        for (; j < weights.Length; j++)
        {
            products[0] += Unsafe.Add(ref x0, j) * weights[j];
            products[1] += Unsafe.Add(ref x1, j) * weights[j];
            products[2] += Unsafe.Add(ref x2, j) * weights[j];
            products[3] += Unsafe.Add(ref x3, j) * weights[j];
        }
        for (var i = 0; i < products.Length; i++)
            products[i] += offset;
    }

    // The same order of sums as for four rows: a row's product must not depend on its neighbours.
    private static double Dot(ReadOnlySpan<float> row, ReadOnlySpan<double> weights)
    {
        ref var x = ref MemoryMarshal.GetReference(row);
        ref var w = ref MemoryMarshal.GetReference(weights);
        var sum = Vector<double>.Zero;
        var j = 0;
        for (; j <= weights.Length - Vector<float>.Count; j += Vector<float>.Count)
            sum = AddProduct(sum, ref x, j, Vector.LoadUnsafe(ref w, (nuint)j), Vector.LoadUnsafe(ref w, (nuint)(j + Vector<double>.Count)));
        var total = Vector.Sum(sum);
        for (; j < weights.Length; j++)
            total += row[j] * weights[j];
        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> AddProduct(Vector<double> sum, ref float row, int j, Vector<double> lower, Vector<double> upper)
    {
        Vector.Widen(Vector.LoadUnsafe(ref row, (nuint)j), out var first, out var second);
        return Vector.MultiplyAddEstimate(second, upper, Vector.MultiplyAddEstimate(first, lower, sum));
    }

    private void AddFour(ReadOnlySpan<int> rows, ReadOnlySpan<double> factors, Span<double> sums)
    {
        ref var x0 = ref Start(rows[0]);
        ref var x1 = ref Start(rows[1]);
        ref var x2 = ref Start(rows[2]);
        ref var x3 = ref Start(rows[3]);
        ref var s = ref MemoryMarshal.GetReference(sums);
        var (f0, f1, f2, f3) = (new Vector<double>(factors[0]), new Vector<double>(factors[1]), new Vector<double>(factors[2]), new Vector<double>(factors[3]));
        var j = 0;
        for (; j <= sums.Length - Vector<float>.Count; j += Vector<float>.Count)
        {
            var (lower, upper) = (Vector.LoadUnsafe(ref s, (nuint)j), Vector.LoadUnsafe(ref s, (nuint)(j + Vector<double>.Count)));
            AddMultiple(ref x0, j, f0, ref lower, ref upper);
            AddMultiple(ref x1, j, f1, ref lower, ref upper);
            AddMultiple(ref x2, j, f2, ref lower, ref upper);
            AddMultiple(ref x3, j, f3, ref lower, ref upper);
            lower.StoreUnsafe(ref s, (nuint)j);
            upper.StoreUnsafe(ref s, (nuint)(j + Vector<double>.Count));
        }
        for (; j < sums.Length; j++)
            sums[j] += (factors[0] * Unsafe.Add(ref x0, j)) + (factors[1] * Unsafe.Add(ref x1, j)) + (factors[2] * Unsafe.Add(ref x2, j)) + (factors[3] * Unsafe.Add(ref x3, j));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddMultiple(ref float row, int j, Vector<double> factor, ref Vector<double> lower, ref Vector<double> upper)
    {
        Vector.Widen(Vector.LoadUnsafe(ref row, (nuint)j), out var first, out var second);
        lower = Vector.MultiplyAddEstimate(first, factor, lower);
        upper = Vector.MultiplyAddEstimate(second, factor, upper);
    }

    private static void AddOne(ReadOnlySpan<float> row, double factor, Span<double> sums)
    {
        for (var j = 0; j < sums.Length; j++)
            sums[j] += factor * row[j];
    }

    private void MultiplySparse(ReadOnlySpan<int> rows, ReadOnlySpan<double> weights, double offset, Span<double> products)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            var sum = offset;
            for (var k = _rowStarts[rows[i]]; k < _rowStarts[rows[i] + 1]; k++)
                sum += _values[k] * weights[_indices[k]];
            products[i] = sum;
        }
    }

    private void AddSparse(ReadOnlySpan<int> rows, ReadOnlySpan<double> factors, Span<double> sums)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            for (var k = _rowStarts[rows[i]]; k < _rowStarts[rows[i] + 1]; k++)
                sums[_indices[k]] += factors[i] * _values[k];
        }
    }

    private ReadOnlySpan<float> DenseRow(int row) => _values.AsSpan(row * FeatureCount, FeatureCount);

    private ref float Start(int row) => ref MemoryMarshal.GetReference(_values.AsSpan(row * FeatureCount, FeatureCount));

    private static FeatureRows Dense(RowBlock block, ReadOnlySpan<float> replacements)
    {
        var values = new float[block.Count * block.FeatureCount];
        for (var row = 0; row < block.Count; row++)
        {
            foreach (var (j, value) in new StoredValues(block, row))
                values[(row * block.FeatureCount) + j] = float.IsNaN(value) && !replacements.IsEmpty ? replacements[j] : value;
        }
        return new(block.Count, block.FeatureCount, values, [], []);
    }

    private static FeatureRows Sparse(RowBlock block, ReadOnlySpan<float> replacements)
    {
        List<float> values = [];
        List<int> indices = [];
        var rowStarts = new int[block.Count + 1];
        for (var row = 0; row < block.Count; row++)
        {
            foreach (var (j, value) in new StoredValues(block, row))
            {
                if (value == 0)
                    continue;
                values.Add(float.IsNaN(value) && !replacements.IsEmpty ? replacements[j] : value);
                indices.Add(j);
            }
            rowStarts[row + 1] = values.Count;
        }
        return new(block.Count, block.FeatureCount, [.. values], [.. indices], rowStarts);
    }

    private static long CountNonZero(RowBlock block)
    {
        var count = 0L;
        foreach (var value in block.Values)
            count += value == 0 ? 0 : 1;
        return count;
    }
}
