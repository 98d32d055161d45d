using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>
/// What a trainer has learned: public, inspectable parameters that can write themselves as an ONNX graph. The graph
/// is the only forward pass that scores rows, in memory, saved and exported.
/// </summary>
public abstract class PredictionModel : ComponentModel
{
    /// <summary>Number of features of a row, d.</summary>
    public abstract int FeatureCount { get; }

    /// <summary>Adds the forward pass to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="features">The features, a float tensor [N, d]; NaN is a missing value.</param>
    /// <param name="task">What is predicted.</param>
    /// <returns>
    /// A float or double tensor: predictions [N, 1] for regression, log-odds of the positive class [N, 1] for binary,
    /// probabilities [N, K] for multiclass classification.
    /// </returns>
    public abstract OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, PredictionTask task);
}
