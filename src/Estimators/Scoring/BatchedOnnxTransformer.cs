using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>
/// Does what ML.NET's <see cref="Microsoft.ML.Transforms.Onnx.OnnxTransformer"/> does, with the same columns, but runs the session once a batch instead of
/// once a row. It saves itself as that stock transformer.
/// </summary>
public sealed class BatchedOnnxTransformer : GraphTransformer
{
    private readonly OnnxGraph _graph;
    private readonly string[] _inputs;
    private readonly string[] _outputs;

    internal BatchedOnnxTransformer(IHostEnvironment environment, OnnxGraph graph, string[] outputs, string[] inputs, int? gpuDeviceId = null, bool fallbackToCpu = false)
    {
        _graph = graph;
        _inputs = inputs;
        _outputs = outputs;
        var tensors = outputs.Select(name => TensorOf(graph.Outputs.Single(output => output.Name == name))).ToArray();
        Scorer = new GraphScorer(
            environment, graph, [.. inputs.Select(name => InputOf(graph.Inputs.Single(input => input.Name == name)))], tensors, [.. tensors.Select(ColumnOf)],
            inputSchema => Describe(inputSchema, tensors), gpuDeviceId, fallbackToCpu);
    }

    private protected override GraphScorer Scorer { get; }

    /// <summary>Why a graph cannot be run on batches, or <see langword="null"/> if it can.</summary>
    internal static string? WhyNotInBatches(OnnxGraph graph, IReadOnlyCollection<string> inputs, IReadOnlyCollection<string> outputs)
    {
        foreach (var input in graph.Inputs.Where(input => inputs.Contains(input.Name)))
        {
            if (input.Dimensions is not [null, ..])
                return $"input '{input.Name}' has a fixed batch axis: its shape is {ShapeOf(input)}; export it with a dynamic first axis";
            if (input.Dimensions.Skip(1).Count(dimension => dimension is null) > 1)
                return $"input '{input.Name}' has more than one dynamic axis besides the batch axis: its shape is {ShapeOf(input)}";
        }
        foreach (var output in graph.Outputs.Where(output => outputs.Contains(output.Name)))
        {
            if (output.Dimensions is not [null, ..])
                return $"output '{output.Name}' has a fixed batch axis: its shape is {ShapeOf(output)}; export it with a dynamic first axis";
            if (output.Dimensions.Skip(1).Any(dimension => dimension is null))
                return $"output '{output.Name}' has a dynamic axis besides the batch axis: its shape is {ShapeOf(output)}";
        }
        return BatchAxisProbe.RowsAreIndependent(graph, inputs, outputs)
            ? null
            : "rows of a batch influence each other: made-up rows score differently together and alone";
    }

    private protected override void SaveAsStock(ModelSaveContext ctx)
    {
        using var onnx = new StockOnnx(_graph, _outputs, _inputs);
        ((ICanSaveModel)onnx.Transformer).Save(ctx);
    }

    private protected override OnnxGraph ToExportedGraph() => _graph;

    private IEnumerable<DataViewSchema.DetachedColumn> Describe(DataViewSchema inputSchema, GraphTensor[] tensors)
    {
        foreach (var input in Scorer.Inputs)
        {
            OnnxColumns.CheckType(inputSchema, input);
            input.RowShape(inputSchema);
        }
        return tensors.Select(tensor => OnnxColumns.Describe(_graph, tensor));
    }

    private static GraphInput InputOf(OnnxTensorInfo input) => new(input.Name, input.Name, input.ElementType, [.. input.Dimensions.Skip(1)]);

    private static GraphTensor TensorOf(OnnxTensorInfo output) => new(output.Name, output.ElementType, [.. output.Dimensions.Skip(1).Select(dimension => dimension!.Value)]);

    private static OutputColumn ColumnOf(GraphTensor tensor, int index) => tensor.ElementType switch
    {
        OnnxElementType.Float => new VectorOutput<float>(tensor.Name, index),
        OnnxElementType.Double => new VectorOutput<double>(tensor.Name, index),
        OnnxElementType.Int64 => new VectorOutput<long>(tensor.Name, index),
        OnnxElementType.Int32 => new VectorOutput<int>(tensor.Name, index),
        OnnxElementType.Int16 => new VectorOutput<short>(tensor.Name, index),
        OnnxElementType.Int8 => new VectorOutput<sbyte>(tensor.Name, index),
        OnnxElementType.UInt64 => new VectorOutput<ulong>(tensor.Name, index),
        OnnxElementType.UInt32 => new VectorOutput<uint>(tensor.Name, index),
        OnnxElementType.UInt16 => new VectorOutput<ushort>(tensor.Name, index),
        OnnxElementType.UInt8 => new VectorOutput<byte>(tensor.Name, index),
        OnnxElementType.Bool => new VectorOutput<bool>(tensor.Name, index),
        OnnxElementType.String => new VectorOutput<ReadOnlyMemory<char>>(tensor.Name, index),
        _ => throw new NotSupportedException($"Output '{tensor.Name}' holds {tensor.ElementType} values, which ML.NET has no column type for."),
    };

    private static string ShapeOf(OnnxTensorInfo tensor)
        => $"[{string.Join(", ", tensor.Dimensions.Select(dimension => dimension?.ToString(CultureInfo.InvariantCulture) ?? "?"))}]";
}
