using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>How well rows are predicted.</summary>
/// <param name="Loss">Weighted mean loss.</param>
/// <param name="Accuracy">Weighted share of rows classified as labelled; <see langword="null"/> for regression.</param>
internal readonly record struct ValidationScore(double Loss, double? Accuracy)
{
    /// <summary>Whether a model with this score is to be preferred to one of an earlier epoch.</summary>
    public bool IsBetterThan(ValidationScore earlier, ValidationMetric metric)
        => metric == ValidationMetric.Accuracy && Accuracy is { } mine && earlier.Accuracy is { } others ? mine >= others : Loss < earlier.Loss;
}
