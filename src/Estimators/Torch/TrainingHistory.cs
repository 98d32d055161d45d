using MLExtensions.Estimators.Scoring;
using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>What a loop has done.</summary>
/// <param name="Epochs">The epochs in their order.</param>
/// <param name="BestEpoch">Number of the epoch whose weights are kept.</param>
internal sealed record TrainingHistory(IReadOnlyList<TrainingEpoch> Epochs, int BestEpoch)
{
    private const int NumbersPerEpoch = 4;

    /// <summary>The same with losses in another unit.</summary>
    /// <param name="factor">What losses are multiplied by.</param>
    public TrainingHistory ScaleLosses(double factor) => this with
    {
        Epochs = [.. Epochs.Select(epoch => epoch with { TrainingLoss = factor * epoch.TrainingLoss, ValidationLoss = factor * epoch.ValidationLoss })],
    };

    /// <summary>Adds the numbers to a model's state.</summary>
    public void Write(IDictionary<string, double[]> numbers)
    {
        numbers["BestEpoch"] = [BestEpoch];
        numbers["Epochs"] = [.. Epochs.SelectMany(epoch => new[] { epoch.LearningRate, epoch.TrainingLoss, epoch.ValidationLoss ?? double.NaN, epoch.ValidationAccuracy ?? double.NaN })];
    }

    /// <summary>The history that a state holds.</summary>
    /// <exception cref="FormatException">The state is incomplete or damaged.</exception>
    public static TrainingHistory Read(ModelState state)
    {
        if (state.GetNumbers("BestEpoch") is not [var best])
            throw new FormatException("The model's history is damaged.");
        return new([.. state.GetNumbers("Epochs").Chunk(NumbersPerEpoch).Select(ReadEpoch)], (int)best);
    }

    private static TrainingEpoch ReadEpoch(double[] numbers, int index) => numbers is [var rate, var training, var loss, var accuracy]
        ? new(index + 1, rate, training, double.IsNaN(loss) ? null : loss, double.IsNaN(accuracy) ? null : accuracy)
        : throw new FormatException("The model's history is damaged.");
}
