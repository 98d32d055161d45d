using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>Draws rows in proportion to their difficulty, with weights that make up for it.</summary>
/// <remarks>
/// A row with the difficulty s is kept with the probability q = min(1, c s), and has the weight 1 / q: for any function of rows the weighted sum over those that are kept has the sum over all
/// rows as its mean. With gradient norms as difficulty it also has the smallest variance. Source: P. Zhao, T. Zhang, "Stochastic Optimization with Importance Sampling for Regularized Loss
/// Minimization", ICML 2015, arXiv:1401.2753.
/// </remarks>
internal static class DifficultySampling
{
    // Share of the mean probability that the easiest rows have: no weight is longer than ten times the mean one.
    private const double LeastShare = 0.1;

    /// <summary>The probabilities with which rows are kept; their mean over rows with a score is the share to keep.</summary>
    /// <param name="scores">Difficulty of each row, NaN for none: such a row is kept. Where some are negative (margins), all count from the least one.</param>
    /// <param name="keepFraction">The share to keep, above 0, at most 1.</param>
    public static double[] Probabilities(ReadOnlySpan<float> scores, double keepFraction)
    {
        var known = RowSelection.Order(scores);
        var probabilities = new double[scores.Length];
        Array.Fill(probabilities, 1);
        if (known.Length == 0)
            return probabilities;
        double least = Math.Min(0, scores[known[0]]);
        var distances = new double[known.Length];
        for (var i = 0; i < known.Length; i++)
            distances[i] = scores[known[i]] - least;
        var found = OfDistances(distances, keepFraction);
        for (var i = 0; i < known.Length; i++)
            probabilities[known[i]] = found[i];
        return probabilities;
    }

    private static double[] OfDistances(double[] distances, double keepFraction)
    {
        var (floor, target) = (LeastShare * keepFraction, keepFraction * distances.Length);
        var atLeast = distances.Count(distance => distance == 0);
        var others = distances.Length - atLeast;
        // No factor raises rows at 0 above the floor: where all others are not enough, they make up the share.
        if (others + (floor * atLeast) < target)
            return Array.ConvertAll(distances, distance => distance > 0 ? 1 : (target - others) / atLeast);
        var factor = Factor(distances, floor, target);
        return Array.ConvertAll(distances, distance => Math.Clamp(factor * distance, floor, 1));
    }

    // The factor c by bisection: the sum of probabilities grows with it.
    private static double Factor(double[] distances, double floor, double target)
    {
        double Sum(double factor) => distances.Sum(distance => Math.Clamp(factor * distance, floor, 1));
        var (low, high) = (0.0, target / distances.Sum());
        for (; Sum(high) < target && high < double.MaxValue / 4; high *= 2)
            low = high;
        for (var step = 0; step < 60; step++)
            (low, high) = Sum((low + high) / 2) < target ? ((low + high) / 2, high) : (low, (low + high) / 2);
        return high;
    }

    /// <summary>Which rows are drawn.</summary>
    /// <param name="probabilities">The probability of each row.</param>
    /// <param name="seed">Seed of the draws.</param>
    public static bool[] Draw(IReadOnlyList<double> probabilities, int seed) => [.. probabilities.Select((q, row) => SplitMix64.Of(seed, row).NextDouble() < q)];
}
