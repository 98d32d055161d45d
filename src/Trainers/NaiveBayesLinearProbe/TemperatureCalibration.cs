namespace MLExtensions.Trainers;

/// <summary>
/// Fits the one scalar beta = 1 / T above 0 that minimises the weighted log-loss of softmax(beta l_ik + ln pi_k) on held-out rows.
/// Correlated features make naive Bayes overconfident; beta below 1 undoes that without changing the likelihood's preference.
/// </summary>
/// <remarks>
/// The loss is convex in beta: its derivative sum_i w_i (E[l_i] - l_iy) rises, at the rate of the summed variances of l under the posteriors. Newton's steps are kept
/// inside a bracket of the root.
/// </remarks>
internal static class TemperatureCalibration
{
    /// <summary>Least beta that is considered; the temperature is at most 1 / this.</summary>
    public const double LeastInverseTemperature = 1e-3;

    /// <summary>Largest beta that is considered.</summary>
    public const double LargestInverseTemperature = 1e3;

    private const int MaximumSteps = 200;

    /// <summary>The beta of least log-loss between the two bounds.</summary>
    /// <param name="logLikelihoods">l_ik, n x K, row by row: log scores at T = 1 without the log priors.</param>
    /// <param name="logPriors">ln pi_k, K numbers, negative infinity (or -1e30) for classes without training rows.</param>
    /// <param name="classes">Class of each row. Rows of a class without training rows are left out: no beta can help them.</param>
    /// <param name="weights">Weight of each row; empty when all are 1.</param>
    /// <returns>
    /// beta; <see langword="null"/> when no row is left, and when the likelihood of the true class is the largest in every row: the loss then falls for ever as beta grows,
    /// and a few lucky rows would make the model boundlessly confident.
    /// </returns>
    public static double? FitInverseTemperature(
        ReadOnlySpan<double> logLikelihoods, ReadOnlySpan<double> logPriors, ReadOnlySpan<int> classes, ReadOnlySpan<float> weights)
    {
        if (IsSeparated(logLikelihoods, logPriors, classes))
            return null;
        var (low, high) = (LeastInverseTemperature, LargestInverseTemperature);
        if (Evaluate(low, logLikelihoods, logPriors, classes, weights).Slope >= 0)
            return low;
        if (Evaluate(high, logLikelihoods, logPriors, classes, weights).Slope <= 0)
            return high;

        var beta = 1.0;
        for (var step = 0; step < MaximumSteps; step++)
        {
            var (_, slope, curvature) = Evaluate(beta, logLikelihoods, logPriors, classes, weights);
            (low, high) = slope < 0 ? (beta, high) : (low, beta);
            var next = beta - (slope / curvature);
            if (!(next > low && next < high))
                next = slope == 0 ? beta : Math.Sqrt(low * high);

            if (Math.Abs(next - beta) <= 1e-12 * beta)
                return next;

            beta = next;
        }

        return beta;
    }

    /// <summary>The weighted mean log-loss at beta, with its first and second derivative; all 0 when no row is left.</summary>
    public static (double Loss, double Slope, double Curvature) Evaluate(
        double beta, ReadOnlySpan<double> logLikelihoods, ReadOnlySpan<double> logPriors, ReadOnlySpan<int> classes, ReadOnlySpan<float> weights)
    {
        var (loss, slope, curvature, total) = (0.0, 0.0, 0.0, 0.0);
        for (var i = 0; i < classes.Length; i++)
        {
            if (!IsPresent(logPriors[classes[i]]))
                continue;

            var weight = weights.IsEmpty ? 1 : (double)weights[i];
            var row = EvaluateRow(beta, logLikelihoods.Slice(i * logPriors.Length, logPriors.Length), logPriors, classes[i]);
            loss += weight * row.Loss;
            slope += weight * row.Slope;
            curvature += weight * row.Curvature;
            total += weight;
        }

        return total == 0 ? default : (loss / total, slope / total, curvature / total);
    }

    private static (double Loss, double Slope, double Curvature) EvaluateRow(
        double beta, ReadOnlySpan<double> logLikelihoods, ReadOnlySpan<double> logPriors, int trueClass)
    {
        var highest = double.NegativeInfinity;
        for (var k = 0; k < logPriors.Length; k++)
            highest = IsPresent(logPriors[k]) ? Math.Max(highest, (beta * logLikelihoods[k]) + logPriors[k]) : highest;

        // Moments of l under the posterior, taken relative to the true class so that large common parts cancel first.
        var (sum, first, second) = (0.0, 0.0, 0.0);
        for (var k = 0; k < logPriors.Length; k++)
        {
            if (IsPresent(logPriors[k]))
            {
                var share = Math.Exp((beta * logLikelihoods[k]) + logPriors[k] - highest);
                var gain = logLikelihoods[k] - logLikelihoods[trueClass];
                sum += share;
                first += share * gain;
                second += share * gain * gain;
            }
        }

        var mean = first / sum;
        var loss = Math.Log(sum) + highest - (beta * logLikelihoods[trueClass]) - logPriors[trueClass];
        return (loss, mean, Math.Max(0, (second / sum) - (mean * mean)));
    }

    private static bool IsSeparated(ReadOnlySpan<double> logLikelihoods, ReadOnlySpan<double> logPriors, ReadOnlySpan<int> classes)
    {
        for (var i = 0; i < classes.Length; i++)
        {
            var row = logLikelihoods.Slice(i * logPriors.Length, logPriors.Length);
            for (var k = 0; k < row.Length; k++)
            {
                if (IsPresent(logPriors[k]) && IsPresent(logPriors[classes[i]]) && row[k] > row[classes[i]])
                    return false;
            }
        }

        return true;
    }

    private static bool IsPresent(double logPrior) => logPrior > LogScoreCoefficients.NoLogPrior;
}
