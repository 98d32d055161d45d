using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A categorical column as an input of a graph: its keys, or Booleans, as they are, [N, 1].</summary>
/// <remarks>
/// Stock <c>OnnxTransformer</c> takes a key for an integer of exactly its own width, so that the input has the width of the column in training.
/// How many values the key has is not part of either: the graph itself finds out which keys it knows.
/// </remarks>
internal sealed record CategoricalInput(string Name, OnnxElementType ElementType)
{
    /// <summary>What errors call the column.</summary>
    public string Role { get; init; } = "categorical";

    /// <summary>The input for a column of the training data.</summary>
    public static CategoricalInput Of(CategoricalColumn column) => new(column.Name, ElementTypeOf(column.Type));

    /// <summary>The input of a featurizer.</summary>
    public static CategoricalInput Of(FeatureInput input) => new(input.Name, input.ElementType) { Role = input.IsLabel ? "label" : "input" };

    /// <summary>What a graph reads of a column of keys or Booleans.</summary>
    public static OnnxElementType ElementTypeOf(DataViewType type) => Type.GetTypeCode(type.RawType) switch
    {
        TypeCode.Boolean => OnnxElementType.Bool,
        TypeCode.Byte => OnnxElementType.UInt8,
        TypeCode.UInt16 => OnnxElementType.UInt16,
        TypeCode.UInt32 => OnnxElementType.UInt32,
        _ => OnnxElementType.UInt64,
    };

    /// <summary>The input of a graph that was loaded.</summary>
    /// <exception cref="FormatException">The input is none of this kind.</exception>
    public static CategoricalInput Of(OnnxTensorInfo input) => input.Dimensions is [null, 1]
        ? new(input.Name, input.ElementType)
        : throw new FormatException($"Input '{input.Name}' of the model's graph is no categorical column [N, 1].");

    public GraphInput ToGraphInput() => new(Name, Name, ElementType, [1]);

    /// <summary>Checks the column of a view that is to be scored. It may have other values, and more or fewer, than in training.</summary>
    public void Check(DataViewSchema schema)
    {
        var (found, expected) = (schema.Require(Role, Name).Type, OnnxColumns.ItemTypeOf(ElementType));
        if (found.RawType == expected.RawType && (found is KeyDataViewType || ElementType == OnnxElementType.Bool))
            return;
        throw SchemaErrors.Mismatch(
            Role, Name, ElementType == OnnxElementType.Bool ? $"{expected}" : $"Key<{expected}> as in training (Conversion.ConvertType changes the width of keys)", found.ToString()!);
    }

    /// <summary>Adds the input to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="count">Number of values in training.</param>
    /// <returns>The categories, int64 [N]: 1 to <paramref name="count"/>, 0 for keys that are missing or unknown to training; false is 1, true is 2.</returns>
    public OnnxValue AddTo(OnnxGraphBuilder graph, int count)
    {
        var value = graph.Cast(graph.Squeeze(graph.Input(Name, ElementType, null, 1), 1), OnnxElementType.Int64);
        if (ElementType == OnnxElementType.Bool)
            return graph.Add(value, graph.Constant(1L));
        // Keys of 64 bits may turn negative here, and are as unknown then.
        var known = graph.Equal(value, graph.Clip(value, graph.Constant(0L), graph.Constant((long)count)));
        return graph.Where(known, value, graph.Constant(0L));
    }
}
