using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>How well rows are predicted.</summary>
/// <param name="Loss">Weighted mean loss.</param>
/// <param name="Accuracy">Weighted share of rows classified as labelled; <see langword="null"/> for regression.</param>
internal readonly record struct ValidationScore(double Loss, double? Accuracy)
{
    /// <summary>Whether this score is better than another one, by a metric.</summary>
    public bool IsBetterThan(ValidationScore other, ValidationMetric metric)
    {
        if (metric == ValidationMetric.Accuracy && Accuracy is { } mine && other.Accuracy is { } others && mine != others)
            return mine > others;
        return Loss < other.Loss;
    }
}
