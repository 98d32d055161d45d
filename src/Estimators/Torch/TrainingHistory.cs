using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>What a loop has done.</summary>
/// <param name="Epochs">The epochs in their order.</param>
/// <param name="BestEpoch">Number of the epoch whose weights are kept.</param>
internal sealed record TrainingHistory(IReadOnlyList<TrainingEpoch> Epochs, int BestEpoch);
