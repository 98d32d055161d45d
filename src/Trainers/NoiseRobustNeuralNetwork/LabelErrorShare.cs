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

    /// <summary>The share of wrong labels with the highest likelihood, 0 to <see cref="Largest"/>.</summary>
    /// <param name="probabilities">The network's probability of the given label, for each row.</param>
    /// <param name="weights">Weights of the rows; empty when all are equal.</param>
    /// <param name="classCount">Number of classes C, at least 2.</param>
    public static double Estimate(ReadOnlySpan<float> probabilities, ReadOnlySpan<float> weights, int classCount)
    {
        // The logarithm of the likelihood is concave in e: its slope falls.
        double low = 0, high = Largest;
        if (Slope(0, probabilities, weights, classCount) <= 0)
            return 0;
        if (Slope(Largest, probabilities, weights, classCount) >= 0)
            return Largest;
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = Slope(middle, probabilities, weights, classCount) > 0 ? (middle, high) : (low, middle);
        }
        return (low + high) / 2;
    }

    private static double Slope(double share, ReadOnlySpan<float> probabilities, ReadOnlySpan<float> weights, int classCount)
    {
        var slope = 0.0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            var right = Math.Clamp(probabilities[i], SmallestProbability, 1 - SmallestProbability);
            var wrong = (1 - right) / (classCount - 1);
            slope += (weights.IsEmpty ? 1 : weights[i]) * (wrong - right) / (((1 - share) * right) + (share * wrong));
        }
        return slope;
    }
}
