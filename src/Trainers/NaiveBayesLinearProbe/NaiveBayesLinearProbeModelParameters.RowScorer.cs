using System.Numerics.Tensors;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Trainers;

/// <content>Single rows, for prediction engines: the graph's arithmetic on the graph's coefficients, in the same precision.</content>
public sealed partial class NaiveBayesLinearProbeModelParameters
{
    /// <inheritdoc/>
    public override RowScorer CreateRowScorer(PredictionTask task)
    {
        var isMulticlass = task == PredictionTask.MulticlassClassification;
        Func<double[], double[]> rowsOf = isMulticlass ? RowsOf : PositiveLessNegative;
        var (linear, constant) = (rowsOf(Coefficients.Linear), rowsOf(Coefficients.Constant));
        var quadratic = Coefficients.Quadratic is null ? null : rowsOf(Coefficients.Quadratic);
        var intercepts = Intercepts(constant, rowsOf, isMulticlass ? ClassCount : 1);
        var logScores = new double[intercepts.Length];
        var (z, squares) = (new double[FeatureCount], new double[FeatureCount]);
        return (features, scores) =>
        {
            var anyMissing = Deviations(features, z);
            if (quadratic is not null)
                TensorPrimitives.Multiply(z, z, squares);
            for (var k = 0; k < logScores.Length; k++)
            {
                var row = (k * FeatureCount)..((k + 1) * FeatureCount);
                logScores[k] = intercepts[k] + TensorPrimitives.Dot<double>(z, linear.AsSpan(row));
                if (quadratic is not null)
                    logScores[k] += TensorPrimitives.Dot<double>(squares, quadratic.AsSpan(row));
                if (anyMissing)
                    logScores[k] -= SumOfMissing(features, constant.AsSpan(row));
            }
            if (isMulticlass)
                Softmax(logScores, scores);
            else
                scores[0] = (float)Math.Clamp(logScores[0], -LargestLogOdds, LargestLogOdds);
        };
    }

    // z = x - center, 0 where x is missing; says whether any is.
    private bool Deviations(ReadOnlySpan<float> features, Span<double> z)
    {
        var center = Coefficients.Center;
        var anyMissing = false;
        for (var j = 0; j < z.Length; j++)
        {
            var isMissing = float.IsNaN(features[j]);
            anyMissing |= isMissing;
            z[j] = isMissing ? 0 : Math.Clamp(features[j] - center[j], -LargestDeviation, LargestDeviation);
        }
        return anyMissing;
    }

    // The intercept holds the constants of all features: those of missing ones go out again.
    private static double SumOfMissing(ReadOnlySpan<float> features, ReadOnlySpan<double> constant)
    {
        var sum = 0.0;
        for (var j = 0; j < features.Length; j++)
        {
            if (float.IsNaN(features[j]))
                sum += constant[j];
        }
        return sum;
    }

    private static void Softmax(Span<double> logScores, Span<float> posteriors)
    {
        TensorPrimitives.Subtract(logScores, TensorPrimitives.Max<double>(logScores), logScores);
        TensorPrimitives.Exp<double>(logScores, logScores);
        var sum = TensorPrimitives.Sum<double>(logScores);
        for (var k = 0; k < posteriors.Length; k++)
            posteriors[k] = (float)(logScores[k] / sum);
    }
}
