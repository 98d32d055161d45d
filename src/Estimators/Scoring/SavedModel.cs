using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A loaded model whose own type is not to be had, because the package that trained it is not referenced. It scores like the original.</summary>
public sealed class SavedModel : PredictionModel
{
    internal SavedModel(ModelState state, int featureCount) => (State, FeatureCount) = (state, featureCount);

    /// <summary>What the model carries: its options and its numbers.</summary>
    public ModelState State { get; }

    /// <inheritdoc/>
    public override int FeatureCount { get; }

    /// <summary>Not supported: the graph is scored and saved as it was loaded.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override OnnxValue BuildScores(OnnxGraphBuilder graph, OnnxValue features, PredictionTask task)
        => throw new NotSupportedException("The package that trained this model is not referenced, so its graph cannot be built anew.");

    /// <inheritdoc/>
    public override ModelState GetState() => State;
}
