namespace MLExtensions.Trainers;

/// <content>Scores of a row, in double precision.</content>
public sealed partial class NaiveBayesLinearProbeModelParameters
{
    /// <summary>The log scores s_k of a row: the logarithms of its posteriors, up to a number that all classes share.</summary>
    /// <param name="features">d feature values, NaN where missing.</param>
    /// <param name="logScores">Receives K numbers; -1e30 for a class without training rows.</param>
    /// <exception cref="ArgumentException">A span has another length, or a feature is infinite.</exception>
    public void ComputeLogScores(ReadOnlySpan<float> features, Span<double> logScores) => LogScores(Widen(features), logScores);

    /// <summary>The posterior probability of each class, 0 to 1, in sum 1.</summary>
    /// <param name="features">d feature values, NaN where missing.</param>
    /// <param name="posteriors">Receives K numbers; exactly 0 for a class without training rows.</param>
    /// <exception cref="ArgumentException">A span has another length, or a feature is infinite.</exception>
    public void ComputePosteriors(ReadOnlySpan<float> features, Span<double> posteriors) => Posteriors(Widen(features), posteriors);

    /// <summary>What each feature says for and against each class: the amount by which it raises the log score of the class above the average class.</summary>
    /// <remarks>
    /// With t_kj the part of feature j in s_k, -(1 / 2T) [ln(2 pi v_kj) + (x_j - mu_kj)^2 / v_kj], element (k, j) is t_kj minus the mean of t_.j over the classes that have
    /// training rows. So row k sums to s_k - ln pi_k, less the same for the average class: the evidence and the log priors explain the log scores completely.
    /// With tied variances and two classes it is (W_kj - mean_k W_kj)(x_j - Centre_j).
    /// </remarks>
    /// <param name="features">d feature values, NaN where missing.</param>
    /// <returns>K x d numbers in units of natural log odds; 0 for missing and constant features and for classes without training rows.</returns>
    /// <exception cref="ArgumentException"><paramref name="features"/> has another length, or a feature is infinite.</exception>
    public double[,] GetEvidence(ReadOnlySpan<float> features)
    {
        var x = Widen(features);
        CheckFeatures(x);
        var evidence = new double[ClassCount, FeatureCount];
        for (var j = 0; j < FeatureCount; j++)
        {
            if (double.IsNaN(x[j]))
                continue;

            var mean = _fit.PresentClasses.Average(k => Coefficients.Term(k, j, x[j]));
            foreach (var k in _fit.PresentClasses)
                evidence[k, j] = Coefficients.Term(k, j, x[j]) - mean;
        }

        return evidence;
    }

    /// <summary>As <see cref="ComputeLogScores"/>, for values that single precision does not hold.</summary>
    internal void LogScores(ReadOnlySpan<double> x, Span<double> logScores)
    {
        LogLikelihoods(x, logScores);
        for (var k = 0; k < ClassCount; k++)
            logScores[k] += Coefficients.LogPrior[k];
    }

    /// <summary>The likelihood part of the log scores, divided by T and without the log priors; 0 for classes without rows.</summary>
    internal void LogLikelihoods(ReadOnlySpan<double> x, Span<double> logLikelihoods)
    {
        CheckFeatures(x);
        if (logLikelihoods.Length != ClassCount)
            throw new ArgumentException($"Expected room for {ClassCount} numbers, one per class, got {logLikelihoods.Length}.", nameof(logLikelihoods));

        Coefficients.LogLikelihoods(x, logLikelihoods);
    }

    /// <summary>As <see cref="ComputePosteriors"/>, for values that single precision does not hold.</summary>
    internal void Posteriors(ReadOnlySpan<double> x, Span<double> posteriors)
    {
        LogScores(x, posteriors);
        var highest = double.NegativeInfinity;
        foreach (var k in _fit.PresentClasses)
            highest = Math.Max(highest, posteriors[k]);

        var sum = 0.0;
        for (var k = 0; k < ClassCount; k++)
        {
            posteriors[k] = _fit.Priors[k] > 0 ? Math.Exp(posteriors[k] - highest) : 0;
            sum += posteriors[k];
        }

        for (var k = 0; k < ClassCount; k++)
            posteriors[k] /= sum;
    }

    private void CheckFeatures(ReadOnlySpan<double> features)
    {
        if (features.Length != FeatureCount)
            throw new ArgumentException($"Expected {FeatureCount} features, got {features.Length}.", nameof(features));

        for (var j = 0; j < features.Length; j++)
        {
            if (double.IsInfinity(features[j]))
                throw new ArgumentException($"Feature {j} is infinite.", nameof(features));
        }
    }

    private static double[] Widen(ReadOnlySpan<float> features)
    {
        var x = new double[features.Length];
        for (var j = 0; j < x.Length; j++)
            x[j] = features[j];

        return x;
    }
}
