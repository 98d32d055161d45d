namespace MLExtensions.Transforms;

/// <summary>
/// Difficulties of rows as a mixture of two Beta distributions: that of rows whose labels are right, and that of rows whose labels are wrong, the more difficult one.
/// </summary>
/// <remarks>
/// Rows that are hard and rightly labelled look like wrong labels: where classes overlap, the share of wrong labels is overestimated.
/// Source: E. Arazo, D. Ortego, P. Albert, N. O'Connor, K. McGuinness, "Unsupervised Label Noise Modeling and Loss Correction", ICML 2019, arXiv:1904.11238, there with the cross-entropy of each
/// row; distributions are fitted by expectation and maximisation with weighted moments. That another label is suggested is asked for besides: otherwise the long tail of right labels counts as well.
/// </remarks>
public sealed class DifficultyMixture
{
    private const int FewestRows = 10;
    private const int MostIterations = 200;
    private const double Margin = 0.05;
    private const double LargestSuggestion = 0.5;

    // Of clean labels a small network predicts a percent or two otherwise.
    private const double Negligible = 0.02;

    private readonly double _least;
    private readonly double _range;
    private readonly double _weight;
    private readonly BetaDistribution _clean;
    private readonly BetaDistribution _noisy;

    private DifficultyMixture(double least, double range, BetaDistribution clean, BetaDistribution noisy, double weight)
        => (_least, _range, _clean, _noisy, _weight) = (least, range, clean, noisy, weight);

    /// <summary>Mean difficulty of the first distribution, that of right labels.</summary>
    public double CleanMean => _least + (_range * _clean.Mean);

    /// <summary>Mean difficulty of the second distribution, that of wrong labels.</summary>
    public double NoisyMean => _least + (_range * _noisy.Mean);

    /// <summary>Estimated share of the rows whose labels are wrong, 0 to 1: the mean probability of that, a row for which no other label is suggested having none.</summary>
    public double NoisyShare { get; private init; }

    /// <summary>
    /// A share of rows to drop for being the hardest: <see cref="NoisyShare"/> and 0.05 more, at most 0.5, because a few wrong labels are easier than some right ones; 0 where fewer than 2 % seem
    /// wrong.
    /// </summary>
    public double SuggestedDropHardestFraction => NoisyShare < Negligible ? 0 : Math.Min(LargestSuggestion, NoisyShare + Margin);

    /// <summary>Probability that the label of a row is wrong, as far as its difficulty tells, 0 to 1.</summary>
    /// <param name="difficulty">Difficulty of the row.</param>
    // Both densities fall beyond their means, and what is harder still does not get cleaner.
    public double NoisyProbability(double difficulty) => Posterior(Math.Clamp((difficulty - _least) / _range, _clean.Mean, Math.Max(_clean.Mean, _noisy.Mean)));

    /// <summary>Fits the mixture.</summary>
    /// <param name="difficulties">Difficulty of each row; NaN is left out.</param>
    /// <param name="isOtherSuggested">Whether another label than its own is suggested for each row.</param>
    /// <exception cref="InvalidOperationException">There are fewer than ten rows with a difficulty, or all are equally difficult.</exception>
    internal static DifficultyMixture Fit(float[] difficulties, bool[] isOtherSuggested)
    {
        int[] rows = [.. Enumerable.Range(0, difficulties.Length).Where(row => !float.IsNaN(difficulties[row]))];
        if (rows.Length < FewestRows)
            throw new InvalidOperationException($"Only {rows.Length} rows have a difficulty; expected at least {FewestRows}.");
        double least = rows.Min(row => difficulties[row]), range = rows.Max(row => difficulties[row]) - least;
        if (range <= 0)
            throw new InvalidOperationException($"All {rows.Length} rows are equally difficult; expected at least two different difficulties, of right labels and of wrong ones.");
        var mixture = Fit([.. rows.Select(row => BetaDistribution.Inside((difficulties[row] - least) / range))], least, range);
        return new(least, range, mixture._clean, mixture._noisy, mixture._weight)
        {
            NoisyShare = rows.Average(row => isOtherSuggested[row] ? mixture.NoisyProbability(difficulties[row]) : 0),
        };
    }

    private static DifficultyMixture Fit(double[] x, double least, double range)
    {
        // Beta(1, 2) and Beta(2, 1) in equal shares at first.
        double[] noisy = [.. x];
        DifficultyMixture? mixture = null;
        for (var iteration = 0; iteration < MostIterations; iteration++)
        {
            DifficultyMixture next = new(least, range, BetaDistribution.Fit(x, i => 1 - noisy[i]), BetaDistribution.Fit(x, i => noisy[i]), noisy.Average());
            var isDone = mixture is not null && Math.Abs(next._weight - mixture._weight) < 1e-7;
            mixture = next;
            if (isDone)
                break;
            for (var i = 0; i < x.Length; i++)
                noisy[i] = mixture.Posterior(x[i]);
        }
        return mixture!;
    }

    private double Posterior(double x)
    {
        var (clean, noisy) = ((1 - _weight) * _clean.Density(x), _weight * _noisy.Density(x));
        return clean + noisy > 0 ? noisy / (clean + noisy) : x > (_clean.Mean + _noisy.Mean) / 2 ? 1 : 0;
    }
}
