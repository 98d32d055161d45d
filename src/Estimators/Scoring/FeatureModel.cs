using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A column that a featurizer reads: numbers of type <see cref="float"/>.</summary>
/// <param name="Name">Name of the column.</param>
/// <param name="VectorSize">Size of the vector, or <see langword="null"/> for a scalar column.</param>
public sealed record FeatureInput(string Name, int? VectorSize)
{
    /// <summary>How many numbers the column holds.</summary>
    public int Width => VectorSize ?? 1;
}

/// <summary>A column that a featurizer adds: a vector of <see cref="float"/>.</summary>
/// <param name="Name">Name of the column.</param>
/// <param name="Size">Size of the vector.</param>
/// <param name="SlotNames">Names of its slots, or <see langword="null"/>.</param>
public sealed record FeatureOutput(string Name, int Size, IReadOnlyList<string>? SlotNames = null);

/// <summary>What a featurizer has learned: parameters that can write themselves as an ONNX graph from input columns to vector columns.</summary>
public abstract class FeatureModel : ComponentModel
{
    /// <summary>The columns that are read.</summary>
    public abstract IReadOnlyList<FeatureInput> Inputs { get; }

    /// <summary>The columns that are added.</summary>
    public abstract IReadOnlyList<FeatureOutput> Outputs { get; }

    /// <summary>Adds the forward pass to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="inputs">The inputs in the order of <see cref="Inputs"/>, each a float tensor [N, width].</param>
    /// <returns>The outputs in the order of <see cref="Outputs"/>, each a float or double tensor [N, size].</returns>
    public abstract IReadOnlyList<OnnxValue> BuildOutputs(OnnxGraphBuilder graph, IReadOnlyList<OnnxValue> inputs);
}
