namespace MLExtensions.Trainers;

/// <summary>
/// The log scores as polynomials: with z_j = x_j - <paramref name="Center"/>_j, and the sum taken over the features that are not missing,
/// s_k = <paramref name="LogPrior"/>_k + sum_j [<paramref name="Constant"/>_kj + <paramref name="Linear"/>_kj z_j + <paramref name="Quadratic"/>_kj z_j^2].
/// The factor 1 / T of the likelihood is contained. Matrices are K x d, flat, row by row.
/// </summary>
/// <param name="Center">The point of expansion, d numbers: expanding around it instead of 0 avoids cancellation, above all in single precision.</param>
/// <param name="Quadratic">-0.5 / v_kj, or <see langword="null"/> when the variances are tied: then the squares are common to all classes and drop out.</param>
/// <param name="Linear">(mu_kj - m_j) / v_kj.</param>
/// <param name="Constant">
/// -0.5 (mu_kj - m_j)^2 / v_kj, for class variances with the normalising -0.5 ln(2 pi v_kj). With tied variances and two classes (with rows) the centre is the
/// midpoint of both means, so that the constants are equal and drop out: all are 0.
/// </param>
/// <param name="LogPrior">ln pi_k; <see cref="NoLogPrior"/> for classes without rows, whose other coefficients are 0.</param>
internal sealed record LogScoreCoefficients(double[] Center, double[]? Quadratic, double[] Linear, double[] Constant, double[] LogPrior)
{
    /// <summary>The log prior of a class without rows: finite in single precision, yet a softmax gives it exactly 0.</summary>
    public const double NoLogPrior = -1e30;

    public static LogScoreCoefficients From(GaussianFit fit, CovarianceKind covariance, double temperature)
    {
        var features = fit.GrandMeans.Length;
        var tied = covariance == CovarianceKind.Tied;
        var coefficients = new LogScoreCoefficients(
            [.. fit.GrandMeans],
            tied ? null : new double[fit.Means.Length],
            new double[fit.Means.Length],
            new double[fit.Means.Length],
            Array.ConvertAll(fit.Priors, prior => prior > 0 ? Math.Log(prior) : NoLogPrior));
        for (var j = 0; j < features; j++)
        {
            if (tied && fit.PresentClasses is [var first, var second])
            {
                coefficients.SetTwoTiedClasses(fit, j, first, second, 1 / temperature);
            }
            else if (fit.TotalVariances[j] > 0)
            {
                coefficients.SetFeature(fit, j, 1 / temperature);
            }
        }

        return coefficients;
    }

    /// <summary>The likelihood part of the log scores, that is, without the log priors.</summary>
    /// <param name="x">Feature values, NaN where missing.</param>
    /// <param name="logLikelihoods">Receives K numbers; 0 for classes without rows.</param>
    public void LogLikelihoods(ReadOnlySpan<double> x, Span<double> logLikelihoods)
    {
        for (var k = 0; k < LogPrior.Length; k++)
        {
            var sum = 0.0;
            for (var j = 0; j < x.Length; j++)
                sum += double.IsNaN(x[j]) ? 0 : Term(k, j, x[j]);

            logLikelihoods[k] = sum;
        }
    }

    /// <summary>As <see cref="LogLikelihoods(ReadOnlySpan{double}, Span{double})"/> for a sparse row, from the scores of the row of zeros.</summary>
    /// <param name="indices">Features that are stored; the others are 0.</param>
    /// <param name="values">Their values, NaN where missing.</param>
    /// <param name="ofZeros">The log-likelihoods of the row of zeros, K numbers.</param>
    /// <param name="logLikelihoods">Receives K numbers.</param>
    public void LogLikelihoods(ReadOnlySpan<int> indices, ReadOnlySpan<float> values, ReadOnlySpan<double> ofZeros, Span<double> logLikelihoods)
    {
        for (var k = 0; k < LogPrior.Length; k++)
        {
            var sum = 0.0;
            for (var i = 0; i < indices.Length; i++)
                sum += (float.IsNaN(values[i]) ? 0 : Term(k, indices[i], values[i])) - Term(k, indices[i], 0);
            logLikelihoods[k] = ofZeros[k] + sum;
        }
    }

    /// <summary>What a value of feature j adds to the log score of class k.</summary>
    public double Term(int classIndex, int feature, double x)
    {
        var i = (classIndex * Center.Length) + feature;
        var z = x - Center[feature];
        return Constant[i] + (z * (Linear[i] + (z * (Quadratic?[i] ?? 0))));
    }

    private void SetTwoTiedClasses(GaussianFit fit, int feature, int first, int second, double scale)
    {
        var (a, b) = ((first * Center.Length) + feature, (second * Center.Length) + feature);
        var half = (fit.Means[b] - fit.Means[a]) / 2;
        Center[feature] = fit.Means[a] + half;
        Linear[b] = scale * half / fit.Variances[b];
        Linear[a] = -Linear[b];
    }

    private void SetFeature(GaussianFit fit, int feature, double scale)
    {
        foreach (var k in fit.PresentClasses)
        {
            var i = (k * Center.Length) + feature;
            var (delta, variance) = (fit.Means[i] - Center[feature], fit.Variances[i]);
            Linear[i] = scale * delta / variance;
            Constant[i] = scale * -0.5 * delta * delta / variance;
            if (Quadratic is not null)
            {
                Quadratic[i] = scale * -0.5 / variance;
                Constant[i] -= scale * 0.5 * Math.Log(2 * Math.PI * variance);
            }
        }
    }
}
