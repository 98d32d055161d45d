namespace MLExtensions.Transforms;

/// <summary>What happened in one epoch of a <see cref="TJepaFeaturizer"/>.</summary>
/// <remarks>
/// Deviations and all that follow are measured on up to 1,024 training rows, on the tokens that the model would give of the columns that are not constant. A falling loss is no sign of learning by itself: it
/// falls fastest while the tokens of all rows become the same.
/// </remarks>
/// <param name="Number">Number of the epoch, from 1.</param>
/// <param name="LearningRate">Learning rate of its last step.</param>
/// <param name="Loss">Mean squared error of the predicted tokens over its steps, each measured before the step.</param>
/// <param name="NormalizedLoss">Mean squared error over the variance of the predicted tokens from row to row: below 1, the predictions are better than each column's mean token.</param>
/// <param name="SmallestDeviation">Standard deviation of a token from row to row, averaged over its numbers, of the column that has the smallest: about 0.3 to 1 in a healthy model, 0 in a collapsed one.</param>
/// <param name="ExplainedShare">Share of the variance of all tokens that is due to rows rather than columns, 0 to 1.</param>
/// <param name="Uniformity">Logarithm of the mean of exp(-2 d^2) over pairs of rows, d the distance of their tokens at length 1: 0 when collapsed, the lower the more they are spread; mean over the columns.</param>
/// <param name="EffectiveRank">In how many directions the tokens of a column vary, 1 to h; mean over the columns. It does not see by how much.</param>
/// <param name="ProbeScore">
/// Accuracy, or R squared of a regression, of a linear model of the tokens on labelled rows that it was not fitted to; <see langword="null"/> in epochs without a probe.
/// </param>
public sealed record TJepaEpoch(
    int Number, double LearningRate, double Loss, double NormalizedLoss, double SmallestDeviation, double ExplainedShare, double Uniformity, double EffectiveRank, double? ProbeScore)
{
    private const double SmallestHealthy = 0.02;

    /// <summary>Whether tokens still differ from row to row: both <see cref="SmallestDeviation"/> and <see cref="ExplainedShare"/> are at least 0.02.</summary>
    public bool IsHealthy => SmallestDeviation >= SmallestHealthy && ExplainedShare >= SmallestHealthy && double.IsFinite(NormalizedLoss);
}
