using System.Buffers;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Trainers;

/// <summary>The sizes of a block: d features, J hidden units, K outputs, and where its numbers lie in one vector: W (unit by unit), b, V (unit by unit), c.</summary>
internal readonly record struct BlockShape(int Features, int Units, int Outputs)
{
    /// <summary>Length of the vector.</summary>
    public int Length => OutputBiasStart + Outputs;

    private int BiasStart => Units * Features;

    private int OutputStart => BiasStart + Units;

    private int OutputBiasStart => OutputStart + (Units * Outputs);

    /// <summary>Row j of W': the weights of unit j, d numbers.</summary>
    public Span<double> HiddenWeights(Span<double> vector, int unit) => vector.Slice(unit * Features, Features);

    /// <summary>b, J numbers.</summary>
    public Span<double> HiddenBiases(Span<double> vector) => vector.Slice(BiasStart, Units);

    /// <summary>Row j of V: what unit j adds to the outputs, K numbers.</summary>
    public Span<double> OutputWeights(Span<double> vector, int unit) => vector.Slice(OutputStart + (unit * Outputs), Outputs);

    /// <summary>V, J x K.</summary>
    public Span<double> OutputWeights(Span<double> vector) => vector.Slice(OutputStart, Units * Outputs);

    /// <summary>c, K numbers.</summary>
    public Span<double> OutputBiases(Span<double> vector) => vector.Slice(OutputBiasStart, Outputs);
}

/// <summary>A tiny network h(x) = a(x W + b) V + c whose weights are those of raw features: scaling is folded in.</summary>
/// <param name="Shape">Its sizes.</param>
/// <param name="Activation">The function a.</param>
/// <param name="Parameters">W, b, V, c in the order of <see cref="BlockShape"/>.</param>
internal sealed record NetworkBlock(BlockShape Shape, HiddenActivation Activation, double[] Parameters)
{
    private delegate void TileAction(int start, int count, Span<double> hidden);

    /// <summary>h of every row, n x K.</summary>
    public void Evaluate(FeatureRows rows, FixedBlocks blocks, double[] outputs) => ForEachTile(rows, blocks, (start, count, hidden) =>
    {
        var scratch = ArrayPool<double>.Shared.Rent(Shape.Outputs * TileProducts.Rows);
        var columns = scratch.AsSpan(0, Shape.Outputs * TileProducts.Rows);
        Combine(hidden, columns);
        for (var i = 0; i < count; i++)
        {
            for (var k = 0; k < Shape.Outputs; k++)
                outputs[((start + i) * Shape.Outputs) + k] = columns[(k * TileProducts.Rows) + i];
        }
        ArrayPool<double>.Shared.Return(scratch);
    });

    /// <summary>The activations of each unit for every row, J times n.</summary>
    public double[][] Activate(FeatureRows rows, FixedBlocks blocks)
    {
        double[][] activations = [.. Enumerable.Range(0, Shape.Units).Select(_ => new double[rows.Count])];
        ForEachTile(rows, blocks, (start, count, hidden) =>
        {
            for (var unit = 0; unit < activations.Length; unit++)
                hidden.Slice(unit * TileProducts.Rows, count).CopyTo(activations[unit].AsSpan(start));
        });
        return activations;
    }

    private void ForEachTile(FeatureRows rows, FixedBlocks blocks, TileAction action)
    {
        HiddenWeights layout = new(rows, Shape.Units);
        var weights = new double[Shape.Units * Shape.Features];
        layout.CopyFrom(Parameters, weights);
        var work = (rows.WorkPerRow + Shape.Outputs) * Shape.Units;
        blocks.Run(rows.Count, work, (_, first, end) => ForEachTile(rows, layout, weights, first, end, action));
    }

    private void ForEachTile(FeatureRows rows, HiddenWeights layout, double[] weights, int first, int end, TileAction action)
    {
        Span<int> tileRows = stackalloc int[TileProducts.Rows];
        var features = ArrayPool<float>.Shared.Rent(rows.DenseColumns.Length * TileProducts.Rows);
        var scratch = ArrayPool<double>.Shared.Rent(Shape.Units * TileProducts.Rows);
        var hidden = scratch.AsSpan(0, Shape.Units * TileProducts.Rows);
        for (var start = first; start < end; start += TileProducts.Rows)
        {
            var tile = tileRows[..Math.Min(TileProducts.Rows, end - start)];
            for (var i = 0; i < tile.Length; i++)
                tile[i] = start + i;
            rows.CopyTile(tile, features);
            Activate(layout, weights, tile, features, hidden);
            action(start, tile.Length, hidden);
        }
        ArrayPool<float>.Shared.Return(features);
        ArrayPool<double>.Shared.Return(scratch);
    }

    /// <summary>The activations of a tile, J x tile.</summary>
    /// <param name="layout">The order of <paramref name="weights"/>.</param>
    /// <param name="weights">W in that order.</param>
    /// <param name="tileRows">The rows of the tile.</param>
    /// <param name="features">Their dense columns.</param>
    /// <param name="hidden">Receives the activations.</param>
    public void Activate(HiddenWeights layout, ReadOnlySpan<double> weights, ReadOnlySpan<int> tileRows, ReadOnlySpan<float> features, Span<double> hidden)
    {
        if (Shape.Units == 0)
            return;
        FillRows(hidden, Shape.HiddenBiases(Parameters));
        layout.AddProducts(weights, tileRows, features, hidden);
        Activations.Apply(Activation, hidden);
    }

    /// <summary>The outputs of a tile from its activations, K x tile.</summary>
    public void Combine(ReadOnlySpan<double> hidden, Span<double> outputs)
    {
        FillRows(outputs, Shape.OutputBiases(Parameters));
        TileProducts.AddProduct<double, DoubleTile>(Shape.Outputs, Shape.Units, Shape.OutputWeights(Parameters), 1, Shape.Outputs, hidden, outputs);
    }

    private static void FillRows(Span<double> tile, ReadOnlySpan<double> values)
    {
        for (var i = 0; i < values.Length; i++)
            tile.Slice(i * TileProducts.Rows, TileProducts.Rows).Fill(values[i]);
    }
}
