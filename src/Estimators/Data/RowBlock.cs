using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Data;

/// <summary>
/// A run of training rows, copied out of an <see cref="Microsoft.ML.IDataView"/>: what a kernel reads.
/// </summary>
/// <remarks>
/// Features are stored row by row. In a dense block row <c>i</c> is <c>Values[i * FeatureCount .. (i + 1) * FeatureCount]</c>.
/// In a sparse block its stored entries are <c>Values[RowStarts[i] .. RowStarts[i + 1]]</c> at the feature positions
/// <c>Indices[RowStarts[i] .. RowStarts[i + 1]]</c>, ascending; all other features are 0.
/// Values are finite or NaN (missing), never infinite. Rows without a label and rows of weight 0 are not in the block.
/// </remarks>
public sealed class RowBlock
{
    private float[] _values = [];
    private int[] _indices = [];
    private int[] _rowStarts = [0];
    private int[] _classes = [];
    private float[] _targets = [];
    private float[] _weights = [];
    private long[] _rowNumbers = [];
    private readonly int[][] _categories;
    private int _storedCount;

    /// <summary>Creates an empty block for rows of <paramref name="featureCount"/> features.</summary>
    /// <param name="featureCount">Number of features of every row; 0 for rows of categories only.</param>
    /// <param name="categoricalColumnCount">Number of categorical columns.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="featureCount"/> is negative.</exception>
    internal RowBlock(int featureCount, int categoricalColumnCount = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        FeatureCount = featureCount;
        _categories = new int[categoricalColumnCount][];
        Array.Fill(_categories, []);
    }

    /// <summary>Number of features of every row.</summary>
    public int FeatureCount { get; }

    /// <summary>Number of categorical columns, as in <see cref="TrainingData.CategoricalColumns"/>.</summary>
    public int CategoricalColumnCount => _categories.Length;

    /// <summary>Number of rows in the block.</summary>
    public int Count { get; private set; }

    /// <summary>Whether only stored entries are listed (see the remarks of the class).</summary>
    public bool IsSparse { get; private set; }

    /// <summary>Whether any feature value is NaN, that is, missing.</summary>
    public bool HasMissing { get; private set; }

    /// <summary>Most values, and most rows, that the block can take; less than the default only in tests.</summary>
    internal int MaxValues { get; init; } = Array.MaxLength - 1;

    /// <summary>Feature values, row by row.</summary>
    public ReadOnlySpan<float> Values => _values.AsSpan(0, _storedCount);

    /// <summary>Feature positions of the stored values. Empty in a dense block.</summary>
    public ReadOnlySpan<int> Indices => IsSparse ? _indices.AsSpan(0, _storedCount) : default;

    /// <summary>Where each row starts in <see cref="Values"/>, and the end as last element. Empty in a dense block.</summary>
    public ReadOnlySpan<int> RowStarts => IsSparse ? _rowStarts.AsSpan(0, Count + 1) : default;

    /// <summary>Class of each row, from 0. Empty unless the task is classification.</summary>
    public ReadOnlySpan<int> Classes => _classes.AsSpan(0, Math.Min(Count, _classes.Length));

    /// <summary>Target of each row. Empty unless the task is regression.</summary>
    public ReadOnlySpan<float> Targets => _targets.AsSpan(0, Math.Min(Count, _targets.Length));

    /// <summary>Weight of each row, above 0. Empty when there is no weight column: then every weight is 1.</summary>
    public ReadOnlySpan<float> Weights => _weights.AsSpan(0, Math.Min(Count, _weights.Length));

    /// <summary>Position of each row in the view it was read from, from 0.</summary>
    public ReadOnlySpan<long> RowNumbers => _rowNumbers.AsSpan(0, Count);

    /// <summary>Category of each row in a categorical column: 1 to the column's <see cref="CategoricalColumn.Count"/>, 0 where it is missing.</summary>
    /// <param name="column">Position of the column in <see cref="TrainingData.CategoricalColumns"/>.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such column.</exception>
    public ReadOnlySpan<int> Categories(int column) => _categories[column].AsSpan(0, Count);

    /// <summary>Empties the block; what follows is stored densely or sparsely.</summary>
    internal void Clear(bool sparse)
    {
        Count = 0;
        _storedCount = 0;
        IsSparse = sparse;
        HasMissing = false;
    }

    /// <summary>Appends a row's features. The rest follows by <see cref="SetClass"/>, <see cref="SetTarget"/>, <see cref="SetWeight"/>, <see cref="SetCategory"/>.</summary>
    internal void Append(in VBuffer<float> features, long rowNumber)
    {
        var stored = features.GetValues();
        var entries = IsSparse ? stored.Length : FeatureCount;
        if (_storedCount > MaxValues - entries || Count == MaxValues)
            throw new InvalidOperationException($"The training data has more than {Count} rows of {FeatureCount} features, which is more than fits in memory as one matrix.");
        Grow(ref _values, _storedCount + entries);
        Grow(ref _rowNumbers, Count + 1);
        if (IsSparse)
        {
            AppendIndices(features, stored.Length);
            stored.CopyTo(_values.AsSpan(_storedCount));
        }
        else
        {
            features.CopyTo(_values.AsSpan(_storedCount, FeatureCount));
        }
        _storedCount += entries;
        _rowNumbers[Count++] = rowNumber;
        if (IsSparse)
            _rowStarts[Count] = _storedCount;
    }

    /// <summary>A copy of the rows whose numbers satisfy a condition.</summary>
    internal RowBlock Where(Func<long, bool> condition)
    {
        var copy = new RowBlock(FeatureCount, CategoricalColumnCount) { IsSparse = IsSparse };
        for (var row = 0; row < Count; row++)
        {
            if (!condition(_rowNumbers[row]))
                continue;
            copy.Append(RowAsVector(row), _rowNumbers[row]);
            if (!Classes.IsEmpty)
                copy.SetClass(Classes[row]);
            if (!Targets.IsEmpty)
                copy.SetTarget(Targets[row]);
            if (!Weights.IsEmpty)
                copy.SetWeight(Weights[row]);
            for (var column = 0; column < CategoricalColumnCount; column++)
                copy.SetCategory(column, _categories[column][row]);
        }
        copy.HasMissing = HasMissing && HasNonFinite(copy.Values);
        return copy;
    }

    /// <summary>Copies the features of a row, zeros of sparse rows included.</summary>
    internal void CopyRow(int row, Span<double> features)
    {
        if (!IsSparse)
        {
            TensorPrimitives.ConvertTruncating(Values.Slice(row * FeatureCount, FeatureCount), features);
            return;
        }
        features.Clear();
        for (var i = _rowStarts[row]; i < _rowStarts[row + 1]; i++)
            features[_indices[i]] = _values[i];
    }

    internal void SetClass(int classIndex)
    {
        Grow(ref _classes, Count);
        _classes[Count - 1] = classIndex;
    }

    internal void SetTarget(float target)
    {
        Grow(ref _targets, Count);
        _targets[Count - 1] = target;
    }

    internal void SetWeight(float weight)
    {
        Grow(ref _weights, Count);
        _weights[Count - 1] = weight;
    }

    internal void SetCategory(int column, int category)
    {
        Grow(ref _categories[column], Count);
        _categories[column][Count - 1] = category;
    }

    /// <summary>Notes whether values are missing, and gives the stored position of the first infinite value, or -1.</summary>
    internal int Inspect()
    {
        var values = Values;
        if (!HasNonFinite(values))
            return -1;
        for (var i = 0; i < values.Length; i++)
        {
            if (float.IsInfinity(values[i]))
                return i;
        }
        HasMissing = true;
        return -1;
    }

    /// <summary>Row in the block and feature position of a stored value.</summary>
    internal (int Row, int Feature) Locate(int storedPosition)
    {
        if (!IsSparse)
            return Math.DivRem(storedPosition, FeatureCount);
        var row = RowStarts.BinarySearch(storedPosition);
        row = row < 0 ? ~row - 1 : row;
        while (_rowStarts[row + 1] <= storedPosition)
            row++;
        return (row, _indices[storedPosition]);
    }

    private VBuffer<float> RowAsVector(int row)
    {
        if (!IsSparse)
            return new VBuffer<float>(FeatureCount, _values[(row * FeatureCount)..((row + 1) * FeatureCount)]);
        var stored = _rowStarts[row].._rowStarts[row + 1];
        return new VBuffer<float>(FeatureCount, _rowStarts[row + 1] - _rowStarts[row], _values[stored], _indices[stored]);
    }

    private void AppendIndices(in VBuffer<float> features, int stored)
    {
        Grow(ref _indices, _storedCount + stored);
        Grow(ref _rowStarts, Count + 2);
        _rowStarts[Count] = _storedCount;
        var target = _indices.AsSpan(_storedCount, stored);
        if (!features.IsDense)
        {
            features.GetIndices().CopyTo(target);
            return;
        }
        for (var i = 0; i < target.Length; i++)
            target[i] = i;
    }

    private static bool HasNonFinite(ReadOnlySpan<float> values)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var allFinite = Vector<int>.AllBitsSet;
        foreach (var vector in vectors)
            allFinite &= Vector.LessThan(Vector.Abs(vector), new Vector<float>(float.PositiveInfinity));
        if (!Vector.EqualsAll(allFinite, Vector<int>.AllBitsSet))
            return true;
        foreach (var value in values[(vectors.Length * Vector<float>.Count)..])
        {
            if (!float.IsFinite(value))
                return true;
        }
        return false;
    }

    private static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
            Array.Resize(ref array, (int)Math.Min(Math.Max(length, 2L * array.Length), Array.MaxLength));
    }

    /// <summary>A dense block over the given arrays, which it keeps.</summary>
    internal static RowBlock Dense(int featureCount, float[] values, int[]? classes = null, float[]? targets = null, float[]? weights = null)
        => new(featureCount)
        {
            Count = values.Length / featureCount,
            _values = values,
            _storedCount = values.Length,
            _classes = classes ?? [],
            _targets = targets ?? [],
            _weights = weights ?? [],
            _rowNumbers = [.. Enumerable.Range(0, values.Length / featureCount).Select(i => (long)i)],
            HasMissing = values.Any(float.IsNaN),
        };

    /// <summary>A sparse block over the given arrays, which it keeps.</summary>
    internal static RowBlock Sparse(int featureCount, int[] rowStarts, int[] indices, float[] values, int[]? classes = null, float[]? targets = null, float[]? weights = null)
        => new(featureCount)
        {
            Count = rowStarts.Length - 1,
            IsSparse = true,
            _values = values,
            _indices = indices,
            _rowStarts = rowStarts,
            _storedCount = values.Length,
            _classes = classes ?? [],
            _targets = targets ?? [],
            _weights = weights ?? [],
            _rowNumbers = [.. Enumerable.Range(0, rowStarts.Length - 1).Select(i => (long)i)],
            HasMissing = values.Any(float.IsNaN),
        };
}
