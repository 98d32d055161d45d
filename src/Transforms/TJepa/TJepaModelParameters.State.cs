using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Transforms;

/// <content>Saving and restoring.</content>
public sealed partial class TJepaModelParameters
{
    private const int NumbersPerEpoch = 8;

    /// <inheritdoc/>
    public override ModelState GetState()
    {
        Dictionary<string, double[]> numbers = new()
        {
            ["BestEpoch"] = [BestEpoch],
            ["History"] = [.. History.SelectMany(epoch => new[]
            {
                epoch.LearningRate, epoch.Loss, epoch.NormalizedLoss, epoch.SmallestDeviation, epoch.ExplainedShare, epoch.Uniformity, epoch.EffectiveRank, epoch.ProbeScore ?? double.NaN,
            })],
        };
        Dictionary<string, string[]> texts = [];
        Table.Write(numbers, texts);
        Weights.Write(numbers);
        return ModelState.Create(_options, this, numbers, texts);
    }

    /// <inheritdoc/>
    public static TJepaModelParameters FromState(ModelState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.GetNumbers("BestEpoch") is not [var best])
            throw new FormatException("The model's history is damaged.");
        var (columns, weights) = (TJepaColumns.Read(state), TJepaWeights.Read(state));
        if (weights.Deviations.Length != columns.Names.Count || weights.Variances.Length != columns.Names.Count)
            throw new FormatException("The sizes of the model's arrays do not fit together.");
        return new(
            state.GetOptions<TJepaFeaturizer.Options>(), state.GetInputs(), state.GetOutputs(), columns, weights,
            [.. state.GetNumbers("History").Chunk(NumbersPerEpoch).Select(ReadEpoch)], (int)best);
    }

    private static TJepaEpoch ReadEpoch(double[] numbers, int index)
        => numbers is [var rate, var loss, var normalized, var deviation, var share, var uniformity, var rank, var score]
            ? new(index + 1, rate, loss, normalized, deviation, share, uniformity, rank, double.IsNaN(score) ? null : score)
            : throw new FormatException("The model's history is damaged.");
}
