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

/// <summary>A column that a featurizer adds: a vector of <see cref="float"/>, or one of the kinds that <see cref="IsScalar"/> and <see cref="ElementType"/> tell.</summary>
/// <param name="Name">Name of the column.</param>
/// <param name="Size">Size of the vector; 1 for a scalar.</param>
/// <param name="SlotNames">Names of its slots, or <see langword="null"/>.</param>
public sealed record FeatureOutput(string Name, int Size, IReadOnlyList<string>? SlotNames = null)
{
    /// <summary>Whether the column is a scalar <see cref="float"/>.</summary>
    public bool IsScalar { get; private init; }

    /// <summary>Type of the vector's items: <see cref="OnnxElementType.Float"/> or <see cref="OnnxElementType.UInt32"/>.</summary>
    public OnnxElementType ElementType { get; init; } = OnnxElementType.Float;

    /// <summary>A column that is a scalar <see cref="float"/>.</summary>
    /// <param name="name">Name of the column.</param>
    public static FeatureOutput Scalar(string name) => new(name, 1) { IsScalar = true };
}

/// <summary>What a featurizer has learned: parameters that can write themselves as an ONNX graph from input columns to vector columns and scalars.</summary>
public abstract class FeatureModel : ComponentModel
{
    /// <summary>The columns that are read.</summary>
    public abstract IReadOnlyList<FeatureInput> Inputs { get; }

    /// <summary>The columns that are added.</summary>
    public abstract IReadOnlyList<FeatureOutput> Outputs { get; }

    /// <summary>Adds the forward pass to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="inputs">The inputs in the order of <see cref="Inputs"/>, each a float tensor [N, width].</param>
    /// <returns>The outputs in the order of <see cref="Outputs"/>, each a tensor [N, size] of numbers; a scalar is [N, 1].</returns>
    public abstract IReadOnlyList<OnnxValue> BuildOutputs(OnnxGraphBuilder graph, IReadOnlyList<OnnxValue> inputs);
}
