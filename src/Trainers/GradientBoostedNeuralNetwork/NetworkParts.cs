using MLExtensions.Estimators.Optimization;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Trainers;

/// <summary>The arrays of a network; their shapes are described at the properties of <see cref="GradientBoostedNeuralNetworkModelParameters"/>.</summary>
internal sealed record NetworkParts(
    PredictionTask Task, int FeatureCount, int OutputCount, HiddenActivation Activation, double[] HiddenWeights, double[] HiddenBiases, double[] OutputWeights,
    double[] PrefixBiases, double[] Replacements, int[] BlockUnits, GradientBoostedNeuralNetworkStep[] Steps)
{
    /// <summary>The output weights that take the place of the boosted ones as long as no unit is left out, or <see langword="null"/>.</summary>
    public PolishedOutputs? Polished { get; init; }

    /// <summary>Number of hidden units H.</summary>
    public int UnitCount => HiddenBiases.Length;

    /// <summary>V as it is used, H x K.</summary>
    public double[] EffectiveWeights => Polished?.Weights ?? OutputWeights;

    /// <summary>B as it is used, K numbers.</summary>
    public double[] EffectiveBiases => Polished?.Biases ?? PrefixBiases[^OutputCount..];

    /// <summary>A network without units that gives a constant.</summary>
    public static NetworkParts Constant(PredictionTask task, int featureCount, HiddenActivation activation, double[] bias)
        => new(task, featureCount, bias.Length, activation, [], [], [], bias, [], [], []);

    /// <summary>The network with blocks appended, side by side: output weights scale * step * V, and another row of prefix biases for each block.</summary>
    /// <param name="blocks">The blocks.</param>
    /// <param name="scale">What one unit of the boosted scores is in outputs: 2 for binary (half log-odds), the deviation of the target for regression.</param>
    /// <param name="steps">The steps that made them.</param>
    public NetworkParts Append(IReadOnlyList<AcceptedBlock> blocks, double scale, IEnumerable<GradientBoostedNeuralNetworkStep> steps)
    {
        List<double> hiddenWeights = [.. HiddenWeights], hiddenBiases = [.. HiddenBiases], outputWeights = [.. OutputWeights], prefixBiases = [.. PrefixBiases];
        var bias = PrefixBiases[^OutputCount..];
        foreach (var (block, step) in blocks)
        {
            var (shape, parameters) = (block.Shape, block.Parameters);
            hiddenBiases.AddRange(shape.HiddenBiases(parameters));
            for (var unit = 0; unit < shape.Units; unit++)
            {
                hiddenWeights.AddRange(shape.HiddenWeights(parameters, unit));
                foreach (var weight in shape.OutputWeights(parameters, unit))
                    outputWeights.Add(scale * step * weight);
            }
            VectorMath.AddScaled(bias, shape.OutputBiases(parameters), scale * step);
            prefixBiases.AddRange(bias);
        }
        return this with
        {
            HiddenWeights = [.. hiddenWeights],
            HiddenBiases = [.. hiddenBiases],
            OutputWeights = [.. outputWeights],
            PrefixBiases = [.. prefixBiases],
            BlockUnits = [.. BlockUnits, .. blocks.Select(accepted => accepted.Block.Shape.Units)],
            Steps = [.. Steps, .. steps],
            Polished = null,
        };
    }
}
