using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Trainers;

/// <content>The forward pass as an ONNX graph.</content>
public sealed partial class NaiveBayesLinearProbeModelParameters
{
    // An infinite feature saturates the scores instead of turning them into NaN.
    private const double LargestDeviation = 1e38;
    private const double LargestLogOdds = 1e30;

    // Below the score of any class with rows, even for a saturated feature; a softmax gives it exactly 0.
    private const double AbsentClassScore = -1e300;

    /// <summary>
    /// Adds s_k = ln pi_k + sum_j [c_kj + l_kj z_j + q_kj z_j^2] over the features that are not missing, with z = x - centre, in double precision.
    /// </summary>
    /// <inheritdoc/>
    public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, PredictionTask task)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(features);
        if (task == PredictionTask.MulticlassClassification)
            return graph.Softmax(BuildLogScores(graph, features, RowsOf, ClassCount));
        var logOdds = BuildLogScores(graph, features, PositiveLessNegative, 1);
        return graph.Clip(logOdds, graph.Constant(-LargestLogOdds), graph.Constant(LargestLogOdds));
    }

    private OnnxValue BuildLogScores(OnnxGraphBuilder graph, OnnxValue features, Func<double[], double[]> rowsOf, int rows)
    {
        var missing = graph.IsNaN(features);
        var z = graph.Sub(graph.Cast(features, OnnxElementType.Double), graph.Constant(Coefficients.Center, FeatureCount));
        z = graph.Clip(graph.Where(missing, graph.Constant(0d), z), graph.Constant(-LargestDeviation), graph.Constant(LargestDeviation));

        var constant = rowsOf(Coefficients.Constant);
        var linear = graph.Constant(rowsOf(Coefficients.Linear), rows, FeatureCount);
        var scores = graph.Gemm(z, linear, graph.Constant(Intercepts(constant, rowsOf, rows), rows), transposeB: true);
        if (Coefficients.Quadratic is { } quadratic)
            scores = graph.Gemm(graph.Mul(z, z), graph.Constant(rowsOf(quadratic), rows, FeatureCount), scores, transposeB: true);
        if (Array.TrueForAll(constant, value => value == 0))
            return scores;

        // The intercepts hold the constants of all features: those of missing ones go out again, where there are any.
        var anyMissing = graph.Greater(graph.ReduceMax(graph.Cast(missing, OnnxElementType.Float), [0, 1], keepDimensions: false), graph.Constant(0f));
        return graph.If(
            anyMissing,
            () => graph.Gemm(graph.Cast(missing, OnnxElementType.Double), graph.Constant(constant, rows, FeatureCount), scores, alpha: -1, transposeB: true),
            () => graph.Identity(scores));
    }

    private double[] Intercepts(double[] constant, Func<double[], double[]> rowsOf, int rows)
    {
        var logPriors = rowsOf([.. Coefficients.LogPrior.Select(value => value > LogScoreCoefficients.NoLogPrior ? value : AbsentClassScore)]);
        return [.. Enumerable.Range(0, rows).Select(k => logPriors[k] + constant.AsSpan(k * FeatureCount, FeatureCount).ToArray().Sum())];
    }

    private static double[] RowsOf(double[] coefficients) => coefficients;

    // Binary log-odds s_1 - s_0: one row of coefficients instead of two.
    private static double[] PositiveLessNegative(double[] coefficients)
    {
        var width = coefficients.Length / 2;
        return [.. Enumerable.Range(0, width).Select(j => coefficients[width + j] - coefficients[j])];
    }
}
