namespace MLExtensions.Trainers;

/// <summary>Estimates which share of the labels is wrong, from what a network says about rows that it was not trained on.</summary>
/// <remarks>
/// The label of a row is taken for the class itself, with probability 1 - e, or any other class, each with probability e / (C - 1). If p is the network's probability of the given label, that label
/// has the probability (1 - e) p + e (1 - p) / (C - 1), and e is chosen to make all given labels most likely. Where the network is unsure, a label that it does not expect says little about e:
/// hard rows are not taken for wrong ones.
/// </remarks>
internal static class LabelErrorShare
{
    /// <summary>Largest estimate: more wrong labels than right ones cannot be told from another naming of the classes.</summary>
    public const double Largest = 0.5;

    private const double SmallestProbability = 1e-6;
    private const int Halvings = 30;

    // Half the 0.90 quantile of chi-squared with one degree of freedom: one-sided 95 %.
    private const double LogLikelihoodRatio = 1.353;

    /// <summary>The share of wrong labels with the highest likelihood, 0 to <see cref="Largest"/>.</summary>
    /// <param name="probabilities">The network's probability of the given label, for each row.</param>
    /// <param name="weights">Weights of the rows, in units of their mean; empty when all are equal.</param>
    /// <param name="classCount">Number of classes C, at least 2.</param>
    public static double Estimate(float[] probabilities, float[] weights, int classCount)
    {
        // The logarithm of the likelihood is concave in e: its slope falls.
        double Slope(double share) => Sum(probabilities, weights, classCount, (right, wrong) => (wrong - right) / (((1 - share) * right) + (share * wrong)));
        if (Slope(0) <= 0)
            return 0;
        return Slope(Largest) >= 0 ? Largest : Bisect(0, Largest, share => Slope(share) > 0);
    }

    /// <summary>The smallest share of wrong labels that the labels do not speak against at a level of 5 %: what is certain, however few rows there are.</summary>
    /// <inheritdoc cref="Estimate"/>
    public static double LowerBound(float[] probabilities, float[] weights, int classCount)
    {
        double LogLikelihood(double share) => Sum(probabilities, weights, classCount, (right, wrong) => Math.Log(((1 - share) * right) + (share * wrong)));
        var estimate = Estimate(probabilities, weights, classCount);
        var least = LogLikelihood(estimate) - LogLikelihoodRatio;
        return LogLikelihood(0) >= least ? 0 : Bisect(0, estimate, share => LogLikelihood(share) < least);
    }

    private static double Bisect(double low, double high, Func<double, bool> isTooLow)
    {
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = isTooLow(middle) ? (middle, high) : (low, middle);
        }
        return (low + high) / 2;
    }

    private static double Sum(float[] probabilities, float[] weights, int classCount, Func<double, double, double> term)
    {
        var sum = 0.0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            var right = Math.Clamp(probabilities[i], SmallestProbability, 1 - SmallestProbability);
            sum += (weights.Length == 0 ? 1 : weights[i]) * term(right, (1 - right) / (classCount - 1));
        }
        return sum;
    }
}
