using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;

namespace MLExtensions.Trainers;

/// <content>The forward pass as an ONNX graph.</content>
public sealed partial class GradientBoostedNeuralNetworkModelParameters
{
    /// <summary>Adds Gemm, activation, Gemm and, for multiclass classification, Softmax; in double precision.</summary>
    /// <remarks>
    /// In double, because the scaling of the features is folded into the weights: a feature far from 0 in its own units cancels against the bias, and in float
    /// its digits, or for huge values everything, would be lost. ONNX Runtime's float sigmoid is moreover an approximation that is 0 below about -18.
    /// </remarks>
    /// <inheritdoc/>
    public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, PredictionTask task)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(features);
        var x = graph.Cast(features, OnnxElementType.Double);
        if (_replacements.Length > 0)
            x = graph.Where(graph.IsNaN(x), graph.Constant(_replacements, FeatureCount), x);

        // A network without units keeps one that has no effect: runtimes do not like empty tensors.
        var units = Math.Max(1, UnitCount);
        var hiddenWeights = UnitCount > 0 ? _hiddenWeights : new double[FeatureCount];
        var hiddenBiases = UnitCount > 0 ? _hiddenBiases : [0];
        var outputWeights = UnitCount > 0 ? _outputWeights : new double[OutputCount];

        var z = graph.Gemm(x, graph.Constant(hiddenWeights, units, FeatureCount), graph.Constant(hiddenBiases, units), transposeB: true);
        var hidden = Activation switch
        {
            HiddenActivation.Logistic => graph.Sigmoid(z),
            HiddenActivation.Tanh => graph.Tanh(z),
            _ => graph.Relu(z),
        };
        var scores = graph.Gemm(hidden, graph.Constant(outputWeights, units, OutputCount), graph.Constant(OutputBiases, OutputCount));
        return task == PredictionTask.MulticlassClassification ? graph.Softmax(scores) : scores;
    }
}
