namespace MLExtensions.Trainers;

/// <summary>Priors, means and variances of Gaussian naive Bayes from the statistics, all in closed form.</summary>
internal sealed class GaussianFit
{
    private const double MinNormal = 2.2250738585072014e-308;

    private readonly ClassStatistics _statistics;
    private readonly NaiveBayesLinearProbeTrainer.Options _options;

    public GaussianFit(ClassStatistics statistics, NaiveBayesLinearProbeTrainer.Options options, double[]? priorOverride)
    {
        (_statistics, _options) = (statistics, options);
        PresentClasses = FindPresentClasses();
        Priors = PriorsOf(priorOverride);

        var (classes, features) = (statistics.ClassCount, statistics.FeatureCount);
        (Means, Variances) = (new double[classes * features], new double[classes * features]);
        (GrandMeans, TotalVariances, Epsilons) = (new double[features], new double[features], new double[features]);
        for (var j = 0; j < features; j++)
            (GrandMeans[j], TotalVariances[j]) = Total(j);

        var largestVariance = TotalVariances.Max();
        for (var j = 0; j < features; j++)
        {
            Epsilons[j] = Epsilon(TotalVariances[j], largestVariance);
            FitFeature(j);
        }
    }

    /// <summary>Classes with rows, ascending.</summary>
    public int[] PresentClasses { get; }

    /// <summary>pi_k, K numbers of sum 1; 0 for classes without rows.</summary>
    public double[] Priors { get; }

    /// <summary>mu_kj, K x d; the grand mean where class k has no value of feature j, so that it claims nothing.</summary>
    public double[] Means { get; }

    /// <summary>v_kj, K x d; equal rows when tied.</summary>
    public double[] Variances { get; }

    /// <summary>m_j: mean over all rows, d numbers.</summary>
    public double[] GrandMeans { get; }

    /// <summary>Variance over all rows, within and between classes, d numbers. Exactly 0 for a constant feature, which then contributes nothing.</summary>
    public double[] TotalVariances { get; }

    /// <summary>epsilon_j, d numbers.</summary>
    public double[] Epsilons { get; }

    private int[] FindPresentClasses()
    {
        var weights = _statistics.ClassWeights;
        var present = new List<int>();
        for (var k = 0; k < weights.Length; k++)
        {
            if (weights[k] > 0)
                present.Add(k);
        }

        if (present.Count < 2)
        {
            var found = present.Count == 0 ? "none" : $"only class {present[0]}, with {_statistics.RowCounts[present[0]]} rows";
            throw new InvalidOperationException($"Naive Bayes needs at least two classes, found {found} (the label has {weights.Length} classes).");
        }

        return [.. present];
    }

    private double[] PriorsOf(double[]? priorOverride)
    {
        var source = priorOverride ?? (_options.Prior == ClassPriorKind.Given ? _options.ParseGivenPriors() : null);
        if (source is not null && source.Length != _statistics.ClassCount)
        {
            throw new ArgumentOutOfRangeException(
                priorOverride is null ? nameof(NaiveBayesLinearProbeTrainer.Options.GivenPriors) : "priors", $"Expected {_statistics.ClassCount} priors, one per class, got {source.Length}.");
        }

        var priors = new double[_statistics.ClassCount];
        foreach (var k in PresentClasses)
            priors[k] = source?[k] ?? (_options.Prior == ClassPriorKind.Uniform ? 1 : _statistics.ClassWeights[k] + _options.PriorPseudoCount);

        // The largest becomes 1 first, or the sum of large ones would overflow; a prior that is too small for a double stays above 0.
        var largest = priors.Max();
        foreach (var k in PresentClasses)
            priors[k] = Math.Max(priors[k] / largest, MinNormal);
        var sum = priors.Sum();
        return Array.ConvertAll(priors, prior => prior / sum);
    }

    /// <summary>Mean and variance of a feature over the rows of all classes; 0 and 0 when all values are missing.</summary>
    private (double Mean, double Variance) Total(int feature)
    {
        var (weight, mean, squares) = (0.0, 0.0, 0.0);
        foreach (var k in PresentClasses)
        {
            var i = (k * _statistics.FeatureCount) + feature;
            var classWeight = _statistics.FeatureWeight(k, feature);
            Welford.Merge(weight, ref mean, ref squares, classWeight, _statistics.Means[i], _statistics.SumsOfSquares[i]);
            weight += classWeight;
        }

        return (mean, weight == 0 ? 0 : squares / weight);
    }

    private double Epsilon(double totalVariance, double largestVariance) => _options.VarianceSmoothingRule switch
    {
        VarianceSmoothingRule.PerFeature => (_options.VarianceSmoothing * totalVariance) + _options.VarianceFloor,
        VarianceSmoothingRule.LargestVariance => Math.Max(_options.VarianceSmoothing * largestVariance, _options.VarianceFloor),
        _ => Math.Max(_options.VarianceSmoothing, _options.VarianceFloor),
    };

    private void FitFeature(int feature)
    {
        var tied = TiedVariance(feature);
        for (var k = 0; k < _statistics.ClassCount; k++)
        {
            var i = (k * _statistics.FeatureCount) + feature;
            var seen = _statistics.FeatureWeight(k, feature) > 0;
            Means[i] = seen ? _statistics.Means[i] : GrandMeans[feature];
            Variances[i] = _options.Covariance == CovarianceKind.PerClass ? ClassVariance(k, feature, tied) : tied;
        }
    }

    /// <summary>v_j = sum_k S_kj / sum_k N_kj + epsilon_j.</summary>
    private double TiedVariance(int feature)
    {
        var (weight, squares, classes) = (0.0, 0.0, 0);
        foreach (var k in PresentClasses)
        {
            var classWeight = _statistics.FeatureWeight(k, feature);
            weight += classWeight;
            squares += _statistics.SumsOfSquares[(k * _statistics.FeatureCount) + feature];
            classes += classWeight > 0 ? 1 : 0;
        }

        return (weight == 0 ? 0 : squares / Divisor(weight, classes)) + Epsilons[feature];
    }

    /// <summary>v_kj = S_kj / N_kj + epsilon_j, shrunk towards the tied variance.</summary>
    private double ClassVariance(int classIndex, int feature, double tied)
    {
        var weight = _statistics.FeatureWeight(classIndex, feature);
        var squares = _statistics.SumsOfSquares[(classIndex * _statistics.FeatureCount) + feature];
        if (squares == 0 && !HasTwoValues(classIndex, weight))
            return tied;   // a single value (or none), whatever its weight, tells nothing about the spread

        var own = (squares / Divisor(weight, 1)) + Epsilons[feature];
        return ((1 - _options.Shrinkage) * own) + (_options.Shrinkage * tied);
    }

    /// <summary>Whether at least two rows of a class had a value, by their weight: exact for a class of one row, and where the rows of a class weigh the same.</summary>
    private bool HasTwoValues(int classIndex, double featureWeight)
        => featureWeight > 1.5 * _statistics.ClassWeights[classIndex] / Math.Max(1, _statistics.RowCounts[classIndex]);

    private double Divisor(double weight, int means)
        => _options.DegreesOfFreedomCorrection && weight - means >= 1 ? weight - means : weight;
}
