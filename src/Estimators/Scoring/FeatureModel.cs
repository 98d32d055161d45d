using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A column that a featurizer reads: numbers of type <see cref="float"/>, or categories.</summary>
/// <param name="Name">Name of the column.</param>
/// <param name="VectorSize">Size of the vector, or <see langword="null"/> for a scalar column.</param>
public sealed record FeatureInput(string Name, int? VectorSize)
{
    /// <summary>How many numbers the column holds; 0 for a column of categories.</summary>
    public int Width => CategoryCount is null ? VectorSize ?? 1 : 0;

    /// <summary>Number of values of a column of categories: the cardinality of the key in training, 2 for a Boolean; <see langword="null"/> for numbers.</summary>
    public int? CategoryCount { get; init; }

    /// <summary>What the graph reads: Float for numbers, the width of the key or Bool for categories.</summary>
    public OnnxElementType ElementType { get; init; } = OnnxElementType.Float;

    /// <summary>Whether the column is the label of the rows, which errors then call it.</summary>
    public bool IsLabel { get; init; }
}

/// <summary>A column that a featurizer adds: a vector, of <see cref="float"/> or of <see cref="ElementType"/>, one <see cref="float"/>, or a label.</summary>
/// <param name="Name">Name of the column.</param>
/// <param name="VectorSize">Size of the vector, or <see langword="null"/> for a scalar column.</param>
/// <param name="SlotNames">Names of the slots of a vector, or <see langword="null"/>.</param>
public sealed record FeatureOutput(string Name, int? VectorSize, IReadOnlyList<string>? SlotNames = null)
{
    /// <summary>Type of a vector's items: <see cref="OnnxElementType.Float"/> or <see cref="OnnxElementType.UInt32"/>.</summary>
    public OnnxElementType ElementType { get; init; } = OnnxElementType.Float;

    /// <summary>Whether the scalar column has the type of the label, Boolean or key: the graph gives the index of a class from 0, or -1 for none.</summary>
    public bool IsLabel { get; init; }
}

/// <summary>What a featurizer has learned: parameters that can write themselves as an ONNX graph from input columns to output columns.</summary>
public abstract class FeatureModel : ComponentModel
{
    /// <summary>The columns that are read.</summary>
    public abstract IReadOnlyList<FeatureInput> Inputs { get; }

    /// <summary>The columns that are added.</summary>
    public abstract IReadOnlyList<FeatureOutput> Outputs { get; }

    /// <summary>Adds the forward pass to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="inputs">
    /// The inputs in the order of <see cref="Inputs"/>: numbers as a float tensor [N, width]; categories as int64 [N], from 1 to <see cref="FeatureInput.CategoryCount"/> in the order of the
    /// key (false, then true), 0 where they are missing or unknown to training.
    /// </param>
    /// <returns>The outputs in the order of <see cref="Outputs"/>: vectors as a tensor of numbers [N, size], scalars as [N] or [N, 1].</returns>
    public abstract IReadOnlyList<OnnxValue> BuildOutputs(OnnxGraphBuilder graph, IReadOnlyList<OnnxValue> inputs);
}
