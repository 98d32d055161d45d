using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A categorical column as an input of a graph: its keys as they are, [N, 1].</summary>
/// <remarks>
/// Stock <c>OnnxTransformer</c> takes a key for an integer of exactly its own width, so that the input has the width of the column in training.
/// How many values the key has is not part of either: the graph itself finds out which keys it knows.
/// </remarks>
internal sealed record CategoricalInput(string Name, OnnxElementType ElementType)
{
    /// <summary>The input for a column of the training data.</summary>
    public static CategoricalInput Of(CategoricalColumn column) => new(column.Name, Type.GetTypeCode(column.Type.RawType) switch
    {
        TypeCode.Byte => OnnxElementType.UInt8,
        TypeCode.UInt16 => OnnxElementType.UInt16,
        TypeCode.UInt32 => OnnxElementType.UInt32,
        _ => OnnxElementType.UInt64,
    });

    /// <summary>The input of a graph that was loaded.</summary>
    /// <exception cref="FormatException">The input is none of this kind.</exception>
    public static CategoricalInput Of(OnnxTensorInfo input) => input.Dimensions is [null, 1]
        ? new(input.Name, input.ElementType)
        : throw new FormatException($"Input '{input.Name}' of the model's graph is no categorical column [N, 1].");

    public GraphInput ToGraphInput() => new(Name, Name, ElementType, [1]);

    /// <summary>Checks the column of a view that is to be scored. It may have other values, and more or fewer, than in training.</summary>
    public void Check(DataViewSchema schema)
    {
        var (found, expected) = (schema.Require("categorical", Name).Type, OnnxColumns.ItemTypeOf(ElementType));
        if (found is not KeyDataViewType || found.RawType != expected.RawType)
            throw SchemaErrors.Mismatch("categorical", Name, $"Key<{expected}> as in training (Conversion.ConvertType changes the width of keys)", found.ToString()!);
    }

    /// <summary>Adds the input to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="count">Number of values in training.</param>
    /// <returns>The categories, int64 [N]: 1 to <paramref name="count"/>, 0 for keys that are missing or unknown to training.</returns>
    public OnnxValue AddTo(OnnxGraphBuilder graph, int count)
    {
        // Keys of 64 bits may turn negative here, and are as unknown then.
        var key = graph.Squeeze(graph.Cast(graph.Input(Name, ElementType, null, 1), OnnxElementType.Int64), 1);
        var known = graph.Equal(key, graph.Clip(key, graph.Constant(0L), graph.Constant((long)count)));
        return graph.Where(known, key, graph.Constant(0L));
    }
}
