using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <summary>Some of the rows, with residuals and weights, as tiles: what an evaluation of the objective reads from beginning to end.</summary>
/// <param name="rows">All rows.</param>
/// <param name="outputs">Outputs K.</param>
internal sealed class DrawnRows(FeatureRows rows, int outputs)
{
    private const int TileRows = TileProducts.Rows;

    private int[] _drawn = [];
    private float[] _features = [];
    private double[] _residuals = [];
    private double[] _weights = [];

    /// <summary>Number of rows.</summary>
    public int Count => _drawn.Length;

    /// <summary>Sum of their weights.</summary>
    public double TotalWeight { get; private set; }

    /// <summary>Chooses the rows.</summary>
    /// <param name="drawn">Their positions.</param>
    /// <param name="residuals">Residuals of all rows, n x K.</param>
    /// <param name="weights">Weights of all rows, n numbers.</param>
    /// <param name="blocks">Runs over the rows.</param>
    public void Choose(int[] drawn, double[] residuals, double[] weights, FixedBlocks blocks)
    {
        _drawn = drawn;
        var tiles = (drawn.Length + TileRows - 1) / TileRows;
        Grow(ref _features, tiles * rows.DenseColumns.Length * TileRows);
        Grow(ref _residuals, tiles * outputs * TileRows);
        Grow(ref _weights, tiles * TileRows);
        blocks.Run(drawn.Length, rows.WorkPerRow, (_, first, end) =>
        {
            for (var start = first; start < end; start += TileRows)
                Copy(Tile(start), residuals, weights);
        });
        TotalWeight = 0;
        foreach (var row in drawn)
            TotalWeight += weights[row];
    }

    /// <summary>The tile that starts at a row, counted among the drawn ones.</summary>
    public RowTile Tile(int start)
    {
        var tile = start / TileRows;
        var columns = rows.DenseColumns.Length;
        return new(
            _drawn.AsSpan(start, Math.Min(TileRows, _drawn.Length - start)), _features.AsSpan(tile * columns * TileRows, columns * TileRows),
            _residuals.AsSpan(tile * outputs * TileRows, outputs * TileRows), _weights.AsSpan(start, TileRows));
    }

    // Places of a tile without a row have weight 0.
    private void Copy(RowTile tile, double[] residuals, double[] weights)
    {
        rows.CopyTile(tile.Rows, tile.Features);
        tile.Residuals.Clear();
        tile.Weights.Clear();
        for (var i = 0; i < tile.Rows.Length; i++)
        {
            tile.Weights[i] = weights[tile.Rows[i]];
            for (var k = 0; k < outputs; k++)
                tile.Residuals[(k * TileRows) + i] = residuals[(tile.Rows[i] * outputs) + k];
        }
    }

    private static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
            array = new T[length];
    }
}

/// <summary>A tile of drawn rows.</summary>
/// <param name="rows">Positions of its rows, at most a tile.</param>
/// <param name="features">Dense columns x tile.</param>
/// <param name="residuals">K x tile.</param>
/// <param name="weights">A tile of numbers, 0 where there is no row.</param>
internal readonly ref struct RowTile(ReadOnlySpan<int> rows, Span<float> features, Span<double> residuals, Span<double> weights)
{
    public ReadOnlySpan<int> Rows { get; } = rows;

    public Span<float> Features { get; } = features;

    public Span<double> Residuals { get; } = residuals;

    public Span<double> Weights { get; } = weights;
}
