using MLExtensions.Estimators.Data;

namespace MLExtensions.Trainers;

/// <summary>Rows of features as they were read: columns that are mostly 0, such as those of one-hot categories, as lists of other values, all others dense.</summary>
/// <remarks>
/// Features are kept as <see cref="float"/> and multiplied in double. Whether a column is kept dense depends on how many of its values are 0 and not on how they came,
/// so that a model does not depend on that either.
/// </remarks>
internal sealed class FeatureRows
{
    // A listed value costs about as much as eight dense ones.
    private const double LargestSparseDensity = 1 / 8.0;

    private readonly float[] _dense;
    private readonly float[] _values;
    private readonly int[] _indices;
    private readonly int[] _rowStarts;

    private FeatureRows(int count, bool[] isDense, float[] dense, float[] values, int[] indices, int[] rowStarts)
    {
        (Count, FeatureCount) = (count, isDense.Length);
        (_dense, _values, _indices, _rowStarts) = (dense, values, indices, rowStarts);
        DenseColumns = [.. Enumerable.Range(0, isDense.Length).Where(j => isDense[j])];
        SparseColumns = [.. Enumerable.Range(0, isDense.Length).Where(j => !isDense[j])];
    }

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    /// <summary>Number of features d.</summary>
    public int FeatureCount { get; }

    /// <summary>Positions of the features that are stored in every row, ascending.</summary>
    public int[] DenseColumns { get; }

    /// <summary>Positions of the features that are stored only where they are not 0, ascending.</summary>
    public int[] SparseColumns { get; }

    /// <summary>Multiplications that a product with one row costs, in the mean.</summary>
    public long WorkPerRow => Math.Max(1, DenseColumns.Length + (4L * _values.Length / Math.Max(1, Count)));

    /// <summary>Bytes of a row's features, in the mean.</summary>
    public double BytesPerRow => sizeof(float) * (DenseColumns.Length + (2.0 * _values.Length / Math.Max(1, Count)));

    /// <summary>Copies a block; a missing value becomes its entry in <paramref name="replacements"/>.</summary>
    public static FeatureRows From(RowBlock block, ReadOnlySpan<float> replacements = default)
    {
        var isDense = Array.ConvertAll(CountNonZero(block), count => count >= LargestSparseDensity * block.Count);
        var place = PlaceOf(isDense);
        var denseCount = isDense.Count(dense => dense);
        var dense = new float[block.Count * denseCount];
        List<float> values = [];
        List<int> indices = [];
        var rowStarts = new int[block.Count + 1];
        for (var row = 0; row < block.Count; row++)
        {
            foreach (var (j, stored) in new StoredValues(block, row))
            {
                var value = float.IsNaN(stored) && !replacements.IsEmpty ? replacements[j] : stored;
                if (isDense[j])
                {
                    dense[(row * denseCount) + place[j]] = value;
                }
                else if (value != 0)
                {
                    values.Add(value);
                    indices.Add(place[j]);
                }
            }
            rowStarts[row + 1] = values.Count;
        }
        return new(block.Count, isDense, dense, [.. values], [.. indices], rowStarts);
    }

    /// <summary>Calls an action for every stored value of a row.</summary>
    public void ForEach(int row, Action<int, float> action)
    {
        for (var j = 0; j < DenseColumns.Length; j++)
            action(DenseColumns[j], _dense[(row * DenseColumns.Length) + j]);
        var listed = Listed(row);
        for (var i = 0; i < listed.Values.Length; i++)
            action(SparseColumns[listed.Positions[i]], listed.Values[i]);
    }

    /// <summary>What a row lists of its sparse columns.</summary>
    public ListedValues Listed(int row)
        => new(_indices.AsSpan(_rowStarts[row].._rowStarts[row + 1]), _values.AsSpan(_rowStarts[row].._rowStarts[row + 1]));

    /// <summary>Copies the dense columns of at most a tile of rows, column by column; 0 where there are fewer rows.</summary>
    public void CopyTile(ReadOnlySpan<int> rows, Span<float> tile)
    {
        var columns = DenseColumns.Length;
        if (rows.Length < TileProducts.Rows)
            tile[..(columns * TileProducts.Rows)].Clear();
        for (var i = 0; i < rows.Length; i++)
        {
            var row = _dense.AsSpan(rows[i] * columns, columns);
            for (var j = 0; j < row.Length; j++)
                tile[(j * TileProducts.Rows) + i] = row[j];
        }
    }

    // The position of each feature among the dense or among the sparse ones.
    private static int[] PlaceOf(bool[] isDense)
    {
        var (dense, sparse) = (0, 0);
        return Array.ConvertAll(isDense, isDenseColumn => isDenseColumn ? dense++ : sparse++);
    }

    private static int[] CountNonZero(RowBlock block)
    {
        var counts = new int[block.FeatureCount];
        for (var row = 0; row < block.Count; row++)
        {
            foreach (var (j, value) in new StoredValues(block, row))
                counts[j] += value == 0 ? 0 : 1;
        }
        return counts;
    }

    /// <summary>Values other than 0 and their positions among <see cref="SparseColumns"/>.</summary>
    internal readonly ref struct ListedValues(ReadOnlySpan<int> positions, ReadOnlySpan<float> values)
    {
        public ReadOnlySpan<int> Positions { get; } = positions;

        public ReadOnlySpan<float> Values { get; } = values;
    }
}
