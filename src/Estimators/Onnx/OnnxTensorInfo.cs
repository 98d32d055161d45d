using MLExtensions.Estimators.Onnx.Protobuf;

namespace MLExtensions.Estimators.Onnx;

/// <summary>What an ONNX graph declares about one of its inputs or outputs.</summary>
/// <param name="Name">The name, which is the ML.NET column's name where the graph is applied to data.</param>
/// <param name="ElementType">The element type; <see cref="OnnxElementType.Undefined"/> for a value that is no tensor (a sequence or a map).</param>
/// <param name="Dimensions">One entry an axis, <see langword="null"/> where the length is known only at run time (the batch axis); empty for a scalar.</param>
public sealed record OnnxTensorInfo(string Name, OnnxElementType ElementType, IReadOnlyList<long?> Dimensions)
{
    /// <summary>False where the model leaves the number of axes open; <see cref="Dimensions"/> is then empty.</summary>
    public bool IsRankKnown { get; init; } = true;

    internal static OnnxTensorInfo From(ValueInfoProto value)
    {
        if (value.Type?.TensorType is not { } tensor)
            return new(value.Name, OnnxElementType.Undefined, []) { IsRankKnown = false };
        // Some exporters write -1 or 0 where they mean "any length".
        long?[] dimensions = [.. (tensor.Shape?.Dim ?? []).Select(d => d.HasDimValue && d.DimValue > 0 ? d.DimValue : (long?)null)];
        return new(value.Name, (OnnxElementType)tensor.ElemType, dimensions) { IsRankKnown = tensor.Shape is not null };
    }
}
