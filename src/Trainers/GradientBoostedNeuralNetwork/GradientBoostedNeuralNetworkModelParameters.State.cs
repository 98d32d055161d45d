using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Trainers;

/// <content>What is saved.</content>
public sealed partial class GradientBoostedNeuralNetworkModelParameters
{
    private const int NumbersPerStep = 5;

    /// <inheritdoc/>
    public static GradientBoostedNeuralNetworkModelParameters FromState(ModelState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.GetNumbers("Shape") is not [var task, var features, var outputs, var activation])
            throw new FormatException("The model's shape is damaged.");
        var steps = state.GetNumbers("Steps").Chunk(NumbersPerStep).Select(StepOf).ToArray();
        NetworkParts parts = new(
            (PredictionTask)(int)task, (int)features, (int)outputs, (HiddenActivation)(int)activation, state.GetNumbers("HiddenWeights"), state.GetNumbers("HiddenBiases"), state.GetNumbers("OutputWeights"),
            state.GetNumbers("PrefixBiases"), state.GetNumbers("Replacements"), [.. state.GetNumbers("BlockUnits").Select(units => (int)units)], steps);
        if (state.GetNumbers("PolishedTrainingLoss") is [var loss])
            parts = parts with { Polished = new(state.GetNumbers("PolishedWeights"), state.GetNumbers("PolishedBiases"), loss) };
        Check(parts);
        return new(parts, state.GetOptions<GradientBoostedNeuralNetworkTrainer.Options>());
    }

    /// <inheritdoc/>
    public override ModelState GetState() => ModelState.Create(_options, new Dictionary<string, double[]>
    {
        ["Shape"] = [(int)_parts.Task, FeatureCount, OutputCount, (int)Activation],
        ["HiddenWeights"] = _parts.HiddenWeights,
        ["HiddenBiases"] = _parts.HiddenBiases,
        ["OutputWeights"] = _parts.OutputWeights,
        ["PrefixBiases"] = _parts.PrefixBiases,
        ["Replacements"] = _parts.Replacements,
        ["BlockUnits"] = [.. _parts.BlockUnits.Select(units => (double)units)],
        ["Steps"] = [.. _parts.Steps.SelectMany(NumbersOf)],
        ["PolishedWeights"] = _parts.Polished?.Weights ?? [],
        ["PolishedBiases"] = _parts.Polished?.Biases ?? [],
        ["PolishedTrainingLoss"] = _parts.Polished is { } polished ? [polished.TrainingLoss] : [],
    });

    private static double[] NumbersOf(GradientBoostedNeuralNetworkStep step)
        => [step.Number, step.Accepted ? 1 : 0, step.StepLength, step.TrainingLoss, step.ValidationLoss ?? double.NaN];

    private static GradientBoostedNeuralNetworkStep StepOf(double[] numbers) => numbers is [var number, var accepted, var length, var training, var validation]
        ? new((int)number, accepted != 0, length, training, double.IsNaN(validation) ? null : validation)
        : throw new FormatException("The model's steps are damaged.");

    private static void Check(NetworkParts parts)
    {
        var units = parts.HiddenBiases.Length;
        var fits = parts is { FeatureCount: > 0, OutputCount: > 0 } && Enum.IsDefined(parts.Task) && Enum.IsDefined(parts.Activation)
            && parts.HiddenWeights.Length == units * parts.FeatureCount && parts.OutputWeights.Length == units * parts.OutputCount
            && parts.BlockUnits.Sum() == units && parts.PrefixBiases.Length == (parts.BlockUnits.Length + 1) * parts.OutputCount
            && parts.EffectiveWeights.Length == parts.OutputWeights.Length && parts.EffectiveBiases.Length == parts.OutputCount
            && (parts.Replacements.Length == 0 || parts.Replacements.Length == parts.FeatureCount);
        if (!fits)
            throw new FormatException("The sizes of the model's arrays do not fit together.");
    }
}
