namespace MLExtensions.Trainers;

/// <summary>Mean and standard deviation of every feature over the weighted rows.</summary>
/// <remarks>
/// Rows stay as they are; weights take the scaling on: with u_j = w_j / sd_j and b - sum_j mean_j u_j as bias, x'u + bias is what w gives for the standardised row.
/// Training and the assembled network therefore compute the same numbers, and sparse rows stay sparse.
/// </remarks>
internal sealed class Standardization
{
    // A deviation below this share of the mean is rounding: the feature is constant.
    private const double SmallestRelativeDeviation = 1e-8;

    /// <summary>Takes both as given.</summary>
    public Standardization(double[] means, double[] deviations) => (Means, Deviations) = (means, deviations);

    /// <summary>Mean of each feature, d numbers.</summary>
    public double[] Means { get; }

    /// <summary>Standard deviation of each feature, d numbers above 0; infinite for a constant feature, which therefore has no effect.</summary>
    public double[] Deviations { get; }

    /// <summary>Leaves features as they are.</summary>
    public static Standardization None(int featureCount) => new(new double[featureCount], [.. Enumerable.Repeat(1.0, featureCount)]);

    /// <summary>Measures the rows.</summary>
    public static Standardization Of(FeatureRows rows, ReadOnlySpan<double> weights)
    {
        var d = rows.FeatureCount;
        double[] means = new double[d], squares = new double[d], stored = new double[d];
        var total = 0.0;
        for (var i = 0; i < rows.Count; i++)
        {
            var weight = weights[i];
            total += weight;
            rows.ForEach(i, (j, x) => means[j] += weight * x);
        }
        for (var j = 0; j < d; j++)
            means[j] /= total;
        for (var i = 0; i < rows.Count; i++)
        {
            var weight = weights[i];
            rows.ForEach(i, (j, x) =>
            {
                squares[j] += weight * (x - means[j]) * (x - means[j]);
                stored[j] += weight;
            });
        }
        // Values that are not stored are 0.
        foreach (var j in rows.SparseColumns)
            squares[j] += Math.Max(0, total - stored[j]) * means[j] * means[j];
        var deviations = new double[d];
        for (var j = 0; j < d; j++)
        {
            var deviation = Math.Sqrt(squares[j] / total);
            deviations[j] = deviation > SmallestRelativeDeviation * Math.Abs(means[j]) ? deviation : double.PositiveInfinity;
        }
        return new(means, deviations);
    }

    /// <summary>Folds the scaling into the weights and the bias of one unit.</summary>
    public double Fold(ReadOnlySpan<double> weights, double bias, Span<double> folded)
    {
        for (var j = 0; j < folded.Length; j++)
        {
            folded[j] = weights[j] / Deviations[j];
            bias -= Means[j] * folded[j];
        }
        return bias;
    }

    /// <summary>Turns the gradient by folded weights into that by the weights, given the gradient by the folded bias.</summary>
    public void UnfoldGradient(double biasGradient, Span<double> gradient)
    {
        for (var j = 0; j < gradient.Length; j++)
            gradient[j] = (gradient[j] - (Means[j] * biasGradient)) / Deviations[j];
    }
}
