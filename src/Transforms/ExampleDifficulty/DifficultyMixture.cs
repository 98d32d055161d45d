namespace MLExtensions.Transforms;

/// <summary>
/// Difficulties of rows as a mixture of two Beta distributions: that of rows whose labels are right, and that of rows whose labels are wrong, the more difficult one.
/// </summary>
/// <remarks>
/// The share of the second is an estimate of the share of wrong labels, no more: rows that are hard and rightly labelled look the same, and where classes overlap there are many of them.
/// Source: E. Arazo, D. Ortego, P. Albert, N. O'Connor, K. McGuinness, "Unsupervised Label Noise Modeling and Loss Correction", ICML 2019, arXiv:1904.11238, section 3.1, there with the cross-entropy of each
/// row; distributions are fitted by expectation and maximisation with weighted moments.
/// </remarks>
public sealed class DifficultyMixture
{
    private const int FewestRows = 10;
    private const int MostIterations = 200;
    private const double Margin = 0.05;
    private const double LargestSuggestion = 0.5;

    private readonly double _least;
    private readonly double _range;
    private readonly BetaDistribution _clean;
    private readonly BetaDistribution _noisy;

    private DifficultyMixture(double least, double range, BetaDistribution clean, BetaDistribution noisy, double share)
        => (_least, _range, _clean, _noisy, NoisyShare) = (least, range, clean, noisy, share);

    /// <summary>Mean difficulty of the rows whose labels are right.</summary>
    public double CleanMean => _least + (_range * _clean.Mean);

    /// <summary>Mean difficulty of the rows whose labels are wrong.</summary>
    public double NoisyMean => _least + (_range * _noisy.Mean);

    /// <summary>Estimated share of the rows whose labels are wrong, 0 to 1.</summary>
    public double NoisyShare { get; }

    /// <summary>
    /// A share of rows to drop for being the hardest: <see cref="NoisyShare"/> and 0.05 more, at most 0.5, because a few wrong labels are easier than some right ones.
    /// </summary>
    public double SuggestedDropHardestFraction => Math.Min(LargestSuggestion, NoisyShare + Margin);

    /// <summary>Probability that the label of a row is wrong, 0 to 1.</summary>
    /// <param name="difficulty">Difficulty of the row.</param>
    public double NoisyProbability(double difficulty)
    {
        var x = BetaDistribution.Inside((difficulty - _least) / _range);
        // Beyond its mean the second distribution falls again, and what is harder still does not get cleaner.
        return x <= _clean.Mean ? Posterior(x) : Math.Max(Posterior(x), x >= _noisy.Mean ? Posterior(_noisy.Mean) : 0);
    }

    /// <summary>Fits the mixture.</summary>
    /// <param name="difficulties">Difficulty of each row; NaN is left out.</param>
    /// <exception cref="InvalidOperationException">There are fewer than ten rows with a difficulty, or all are equally difficult.</exception>
    internal static DifficultyMixture Fit(ReadOnlySpan<float> difficulties)
    {
        double[] scores = [.. difficulties.ToArray().Where(score => !float.IsNaN(score)).Select(score => (double)score)];
        if (scores.Length < FewestRows)
            throw new InvalidOperationException($"Only {scores.Length} rows have a difficulty; expected at least {FewestRows}.");
        var (least, range) = (scores.Min(), scores.Max() - scores.Min());
        if (range <= 0)
            throw new InvalidOperationException($"All {scores.Length} rows are equally difficult.");
        double[] x = [.. scores.Select(score => BetaDistribution.Inside((score - least) / range))];
        // Beta(1, 2) and Beta(2, 1) in equal shares at first.
        double[] noisy = [.. x];
        DifficultyMixture? mixture = null;
        for (var iteration = 0; iteration < MostIterations; iteration++)
        {
            DifficultyMixture next = new(least, range, BetaDistribution.Fit(x, i => 1 - noisy[i]), BetaDistribution.Fit(x, i => noisy[i]), noisy.Average());
            var isDone = mixture is not null && Math.Abs(next.NoisyShare - mixture.NoisyShare) < 1e-7;
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
        var (clean, noisy) = ((1 - NoisyShare) * _clean.Density(x), NoisyShare * _noisy.Density(x));
        return clean + noisy > 0 ? noisy / (clean + noisy) : x > (_clean.Mean + _noisy.Mean) / 2 ? 1 : 0;
    }
}
