using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;

namespace MLExtensions.Trainers;

/// <content>The forward pass as an ONNX graph.</content>
public sealed partial class GradientBoostedNeuralNetworkModelParameters
{
    // An infinite feature saturates the units instead of turning the scores into NaN, and a score is finite as Single.
    private const float LargestFeature = float.MaxValue;
    private const double LargestScore = 1e38;

    /// <summary>Largest logarithm of a Poisson mean, either way.</summary>
    internal const double LargestLogMean = 87;

    /// <summary>Adds Gemm, activation, Gemm and then Softmax for multiclass classification, or Exp with Poisson loss; in double precision.</summary>
    /// <remarks>
    /// In double, because the scaling of the features is folded into the weights: a feature far from 0 in its own units cancels against the bias, and in float
    /// its digits, or for huge values everything, would be lost. ONNX Runtime's float sigmoid is moreover an approximation that is 0 below about -18.
    /// </remarks>
    /// <inheritdoc/>
    public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, PredictionTask task)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(features);
        // A NaN stays one, unless it is replaced or there are no units to see it.
        var limited = graph.Clip(features, graph.Constant(-LargestFeature), graph.Constant(LargestFeature));
        var x = graph.Cast(limited, OnnxElementType.Double);
        if (_parts.Replacements.Length > 0 || UnitCount == 0)
            x = graph.Where(graph.IsNaN(x), graph.Constant(_parts.Replacements is { Length: > 0 } replacements ? replacements : new double[FeatureCount], FeatureCount), x);

        // A network without units keeps one that has no effect: runtimes do not like empty tensors.
        var units = Math.Max(1, UnitCount);
        var hiddenWeights = UnitCount > 0 ? _parts.HiddenWeights : new double[FeatureCount];
        var hiddenBiases = UnitCount > 0 ? _parts.HiddenBiases : [0];
        var outputWeights = UnitCount > 0 ? _parts.EffectiveWeights : new double[OutputCount];

        var z = graph.Gemm(x, graph.Constant(hiddenWeights, units, FeatureCount), graph.Constant(hiddenBiases, units), transposeB: true);
        var hidden = Activation.Apply(graph, z, OnnxElementType.Double);
        var scores = graph.Gemm(hidden, graph.Constant(outputWeights, units, OutputCount), graph.Constant(OutputBiases, OutputCount));
        return task switch
        {
            PredictionTask.MulticlassClassification => graph.Softmax(scores),
            PredictionTask.Regression when Loss == RegressionLoss.Poisson => graph.Exp(Limit(graph, scores, LargestLogMean)),
            _ when Activation == HiddenActivation.Relu => Limit(graph, scores, LargestScore),
            _ => scores,
        };
    }

    private static OnnxValue Limit(OnnxGraphBuilder graph, OnnxValue scores, double largest) => graph.Clip(scores, graph.Constant(-largest), graph.Constant(largest));
}
