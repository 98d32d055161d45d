namespace MLExtensions.Trainers;

/// <summary>What happened in one pass of a network over its training rows.</summary>
/// <param name="Number">Number of the epoch, from 1.</param>
/// <param name="LearningRate">Learning rate of its last step.</param>
/// <param name="TrainingLoss">Weighted mean of the losses of its steps, each measured before the step; in the units of the trainer's loss.</param>
/// <param name="ValidationLoss">Weighted mean loss of the validation rows after it, <see langword="null"/> when there were none.</param>
/// <param name="ValidationAccuracy">Weighted share of the validation rows that are classified as labelled, 0 to 1; <see langword="null"/> for regression or without such rows.</param>
public sealed record TrainingEpoch(int Number, double LearningRate, double TrainingLoss, double? ValidationLoss, double? ValidationAccuracy);
