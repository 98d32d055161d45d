namespace MLExtensions.Trainers;

/// <summary>What happened in one step of boosting.</summary>
/// <param name="Number">Number of the step, from 1.</param>
/// <param name="Accepted">Whether its units are part of the model; a step that would not lower the training loss is left out.</param>
/// <param name="StepLength">What the outputs of its units were multiplied by, learning rate included; 0 for a rejected step.</param>
/// <param name="TrainingLoss">
/// Mean loss of the training rows after it: in nats for classification; for regression as <see cref="RegressionLoss"/> defines it, of errors in label units.
/// </param>
/// <param name="ValidationLoss">The same of the validation rows, <see langword="null"/> when there were none.</param>
public sealed record GradientBoostedNeuralNetworkStep(int Number, bool Accepted, double StepLength, double TrainingLoss, double? ValidationLoss);
