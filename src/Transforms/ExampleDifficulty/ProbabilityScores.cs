using System.Numerics.Tensors;

namespace MLExtensions.Transforms;

/// <summary>The scores that need nothing but a row's probabilities.</summary>
/// <remarks>
/// The error of the labelled class is minus the sum of the other probabilities: 1 - p loses all digits where p is near 1, the scores of easy rows would all be 0, and ties would
/// decide which are pruned.
/// </remarks>
internal static class ProbabilityScores
{
    /// <summary>Largest cross-entropy: a probability below the smallest <see cref="float"/> counts as that.</summary>
    public static readonly double LargestCrossEntropy = -Math.Log(float.Epsilon);

    /// <summary>Whether a score needs nothing but probabilities.</summary>
    public static bool Suffice(DifficultyScore score) => score is not (DifficultyScore.GraNd or DifficultyScore.GraNdLastLayer or DifficultyScore.Forgetting);

    /// <summary>The score of a row.</summary>
    /// <param name="score">The score.</param>
    /// <param name="probabilities">The probabilities of the K classes.</param>
    /// <param name="label">The labelled class, 0 to K - 1.</param>
    public static double Of(DifficultyScore score, ReadOnlySpan<double> probabilities, int label)
    {
        var before = probabilities[..label];
        var after = probabilities[(label + 1)..];
        var others = TensorPrimitives.Sum(before) + TensorPrimitives.Sum(after);
        var own = probabilities[label];
        return score switch
        {
            DifficultyScore.EL2N => Math.Sqrt((others * others) + TensorPrimitives.SumOfSquares(before) + TensorPrimitives.SumOfSquares(after)),
            DifficultyScore.EL1N => 2 * others,
            DifficultyScore.MaxMargin => Math.Max(MaxOf(before), MaxOf(after)) - own,
            DifficultyScore.SumMargin => others - ((probabilities.Length - 1) * own),
            DifficultyScore.CrossEntropy => own > 0.5 ? -LogOfOneMinus(others) : Math.Min(-Math.Log(own), LargestCrossEntropy),
            _ => throw new ArgumentOutOfRangeException(nameof(score), score, $"{score} needs more than probabilities."),
        };
    }

    private static double MaxOf(ReadOnlySpan<double> values) => values.IsEmpty ? double.NegativeInfinity : TensorPrimitives.Max(values);

    // ln(1 - x) for x from 0 to 1/2, to all digits. Source: W. Kahan's method as in D. Goldberg, "What Every Computer Scientist Should Know About Floating-Point Arithmetic", ACM Computing Surveys 23, 1991, theorem 4.
    private static double LogOfOneMinus(double x)
    {
        var rounded = 1 - x;
        return rounded == 1 ? -x : Math.Log(rounded) * x / (1 - rounded);
    }
}
