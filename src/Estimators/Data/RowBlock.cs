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
    private int _storedCount;

    /// <summary>Creates an empty block for rows of <paramref name="featureCount"/> features.</summary>
    /// <param name="featureCount">Number of features of every row, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="featureCount"/> is not positive.</exception>
    public RowBlock(int featureCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(featureCount);
        FeatureCount = featureCount;
    }

    /// <summary>Number of features of every row.</summary>
    public int FeatureCount { get; }

    /// <summary>Number of rows in the block.</summary>
    public int Count { get; private set; }

    /// <summary>Whether only stored entries are listed (see the remarks of the class).</summary>
    public bool IsSparse { get; private set; }

    /// <summary>Whether any feature value is NaN, that is, missing.</summary>
    public bool HasMissing { get; private set; }

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
