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

    /// <summary>c, K numbers.</summary>
    public Span<double> OutputBiases(Span<double> vector) => vector.Slice(OutputBiasStart, Outputs);
}

/// <summary>A tiny network h(x) = a(x W + b) V + c whose weights are those of raw features: scaling is folded in.</summary>
/// <param name="Shape">Its sizes.</param>
/// <param name="Activation">The function a.</param>
/// <param name="Parameters">W, b, V, c in the order of <see cref="BlockShape"/>.</param>
internal sealed record NetworkBlock(BlockShape Shape, HiddenActivation Activation, double[] Parameters)
{
    private const int TileRows = 64;

    /// <summary>h of every row, n x K.</summary>
    public void Evaluate(FeatureRows rows, FixedBlocks blocks, double[] outputs)
        => blocks.Run(rows.Count, (rows.WorkPerRow + Shape.Outputs) * Shape.Units, (_, first, end) => Evaluate(rows, first, end, outputs));

    private void Evaluate(FeatureRows rows, int first, int end, double[] outputs)
    {
        Span<int> tile = stackalloc int[TileRows];
        Span<double> hidden = stackalloc double[TileRows];
        var k = Shape.Outputs;
        for (var start = first; start < end; start += TileRows)
        {
            var count = Math.Min(TileRows, end - start);
            for (var i = 0; i < count; i++)
            {
                tile[i] = start + i;
                Shape.OutputBiases(Parameters).CopyTo(outputs.AsSpan((start + i) * k, k));
            }
            for (var unit = 0; unit < Shape.Units; unit++)
            {
                var activations = hidden[..count];
                rows.Multiply(tile[..count], Shape.HiddenWeights(Parameters, unit), Shape.HiddenBiases(Parameters)[unit], activations);
                Activations.Apply(Activation, activations);
                AddOutputs(activations, Shape.OutputWeights(Parameters, unit), outputs.AsSpan(start * k, count * k));
            }
        }
    }

    private static void AddOutputs(ReadOnlySpan<double> activations, ReadOnlySpan<double> weights, Span<double> outputs)
    {
        for (var i = 0; i < activations.Length; i++)
        {
            for (var k = 0; k < weights.Length; k++)
                outputs[(i * weights.Length) + k] += activations[i] * weights[k];
        }
    }
}
