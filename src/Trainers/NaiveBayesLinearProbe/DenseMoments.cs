using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using MLExtensions.Estimators.Data;

namespace MLExtensions.Trainers;

/// <summary>
/// Weight, mean and sum of squared deviations per class of one short run of dense rows without missing values.
/// </summary>
/// <remarks>
/// Sums are taken around one of the class's own rows r, the heaviest: with d = x - r, mean = r + sum(w d) / n and
/// S = sum(w d^2) - sum(w d)^2 / n. As row r itself counts in S, the difference loses no more than a factor of the number of rows in accuracy (and typically nothing),
/// however far the data are from 0; no division per row is needed, and a constant feature gives S = 0 and its mean exactly.
/// </remarks>
internal sealed class DenseMoments
{
    private readonly int _featureCount;
    private readonly int _stride;
    private readonly double[] _weights;
    private readonly int[] _heaviestRows;
    private readonly double[] _origins;
    private readonly double[] _sums;
    private readonly double[] _squares;
    private readonly float[] _lastRow;

    public DenseMoments(int classCount, int featureCount)
    {
        _featureCount = featureCount;
        // Each class's sums are padded to whole vectors; the padding collects garbage that nobody reads.
        _stride = checked((featureCount + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count);
        _weights = new double[classCount];
        _heaviestRows = new int[classCount];
        _origins = new double[checked(classCount * _stride)];
        _sums = new double[_origins.Length];
        _squares = new double[_origins.Length];
        _lastRow = new float[_stride];
    }

    /// <summary>Total weight of the rows of a class in the current run; 0 when it had none.</summary>
    public double Weight(int classIndex) => _weights[classIndex];

    /// <summary>Mean of a feature over the rows of a class in the current run.</summary>
    public double Mean(int classIndex, int feature)
        => _origins[(classIndex * _stride) + feature] + (_sums[(classIndex * _stride) + feature] / _weights[classIndex]);

    /// <summary>Sum of squared deviations of a feature over the rows of a class in the current run.</summary>
    public double SumOfSquares(int classIndex, int feature)
    {
        var sum = _sums[(classIndex * _stride) + feature];
        return Math.Max(0, _squares[(classIndex * _stride) + feature] - (sum * sum / _weights[classIndex]));
    }

    /// <summary>Replaces the current run by rows <paramref name="first"/> to <paramref name="end"/>, leaving out rows with missing values.</summary>
    /// <returns>Whether rows with missing values were left out.</returns>
    public bool Read(RowBlock block, int first, int end)
    {
        var anyLeftOut = ChooseOrigins(block, first, end);
        Sum(block, first, end);
        return anyLeftOut;
    }

    /// <summary>Whether a row has a NaN. Rows whose values overflow in the sum count as such too: they merely take the slower way.</summary>
    public static bool HasMissing(ReadOnlySpan<float> row) => float.IsNaN(TensorPrimitives.Sum(row));

    private bool ChooseOrigins(RowBlock block, int first, int end)
    {
        Array.Clear(_weights);
        Array.Clear(_sums);
        Array.Clear(_squares);
        var anyLeftOut = false;
        for (var row = first; row < end; row++)
        {
            if (block.HasMissing && HasMissing(RowOf(block, row)))
            {
                anyLeftOut = true;
                continue;
            }

            var (k, weight) = (block.Classes[row], WeightOf(block, row));
            if (_weights[k] == 0 || weight > WeightOf(block, _heaviestRows[k]))
                _heaviestRows[k] = row;

            _weights[k] += weight;
        }

        for (var k = 0; k < _weights.Length; k++)
        {
            if (_weights[k] > 0)
                TensorPrimitives.ConvertTruncating(RowOf(block, _heaviestRows[k]), _origins.AsSpan(k * _stride, _featureCount));
        }

        return anyLeftOut;
    }

    private void Sum(RowBlock block, int first, int end)
    {
        var values = block.Values;
        for (var row = first; row < end; row++)
        {
            if (block.HasMissing && HasMissing(RowOf(block, row)))
                continue;

            var start = row * _featureCount;
            var offset = block.Classes[row] * _stride;
            AddRow(
                start + _stride <= values.Length ? values.Slice(start, _stride) : Padded(values[start..(start + _featureCount)]),
                _origins.AsSpan(offset, _stride),
                _sums.AsSpan(offset, _stride),
                _squares.AsSpan(offset, _stride),
                WeightOf(block, row));
        }
    }

    /// <summary>sums += w (x - r) and squares += w (x - r)^2, all spans of the padded length.</summary>
    private static void AddRow(ReadOnlySpan<float> row, ReadOnlySpan<double> origin, Span<double> sums, Span<double> squares, double weight)
    {
        var weights = new Vector<double>(weight);
        ref var x = ref MemoryMarshal.GetReference(row);
        ref var r = ref MemoryMarshal.GetReference(origin);
        ref var s = ref MemoryMarshal.GetReference(sums);
        ref var q = ref MemoryMarshal.GetReference(squares);
        for (nuint i = 0; i < (nuint)row.Length; i += (nuint)Vector<float>.Count)
        {
            Vector.Widen(Vector.LoadUnsafe(ref x, i), out var lower, out var upper);
            AddVector(lower, weights, ref r, ref s, ref q, i);
            AddVector(upper, weights, ref r, ref s, ref q, i + (nuint)Vector<double>.Count);
        }
    }

    private static void AddVector(Vector<double> x, Vector<double> weights, ref double origins, ref double sums, ref double squares, nuint i)
    {
        var difference = x - Vector.LoadUnsafe(ref origins, i);
        var weighted = weights * difference;
        (Vector.LoadUnsafe(ref sums, i) + weighted).StoreUnsafe(ref sums, i);
        (Vector.LoadUnsafe(ref squares, i) + (weighted * difference)).StoreUnsafe(ref squares, i);
    }

    private ReadOnlySpan<float> Padded(ReadOnlySpan<float> row)
    {
        row.CopyTo(_lastRow);
        return _lastRow;
    }

    private ReadOnlySpan<float> RowOf(RowBlock block, int row) => block.Values.Slice(row * _featureCount, _featureCount);

    private static double WeightOf(RowBlock block, int row) => block.Weights.IsEmpty ? 1 : block.Weights[row];
}
