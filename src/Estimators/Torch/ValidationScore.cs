using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>How well rows are predicted.</summary>
/// <param name="Loss">Weighted mean loss.</param>
/// <param name="Accuracy">Weighted share of rows classified as labelled; <see langword="null"/> for regression.</param>
internal readonly record struct ValidationScore(double Loss, double? Accuracy)
{
    /// <summary>Whether a model with this score is better than one with another; never when its loss is no finite number.</summary>
    public bool IsBetterThan(ValidationScore other, ValidationMetric metric)
        => double.IsFinite(Loss) && (AreCompared(other, metric, out var mine, out var others) ? mine > others : Loss < other.Loss);

    /// <summary>Whether a model with this score is kept instead of an earlier one: it is better, or has the same accuracy after more training.</summary>
    public bool IsPreferredTo(ValidationScore earlier, ValidationMetric metric)
        => IsBetterThan(earlier, metric) || (double.IsFinite(Loss) && AreCompared(earlier, metric, out var mine, out var others) && mine == others);

    private bool AreCompared(ValidationScore other, ValidationMetric metric, out double mine, out double others)
    {
        (mine, others) = (Accuracy ?? double.NaN, other.Accuracy ?? double.NaN);
        return metric == ValidationMetric.Accuracy && Accuracy is not null && other.Accuracy is not null;
    }
}
