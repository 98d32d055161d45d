using MLExtensions.Estimators.Onnx.Protobuf;

namespace MLExtensions.Estimators.Onnx;

/// <summary>A tensor in a graph under construction: an input, a constant or the result of an operator.</summary>
/// <remarks>Made by an <see cref="OnnxGraphBuilder"/> and only good for that builder; a value made inside a branch of an
/// <c>If</c> is only good inside that branch.</remarks>
public sealed class OnnxValue
{
    internal OnnxValue(string name, GraphProto scope) => (Name, Scope) = (name, scope);

    internal string Name { get; set; }

    internal GraphProto Scope { get; }

    /// <summary>The value's present name in the graph, for debugging.</summary>
    public override string ToString() => Name;
}
