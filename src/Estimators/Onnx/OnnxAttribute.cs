using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using MLExtensions.Estimators.Onnx.Protobuf;

namespace MLExtensions.Estimators.Onnx;

/// <summary>A named attribute of an operator, for <see cref="OnnxGraphBuilder"/>'s general <c>Node</c> methods.</summary>
/// <remarks>Attributes that hold a graph are made by <c>If</c> alone.</remarks>
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "ONNX calls it an attribute.")]
public sealed class OnnxAttribute
{
    private OnnxAttribute(string name, AttributeProto.Types.AttributeType type)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Proto = new() { Name = name, Type = type };
    }

    /// <summary>An attribute that is one integer; truth values are 0 and 1.</summary>
    /// <param name="name">The attribute's name in the operator's specification.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    public OnnxAttribute(string name, long value) : this(name, AttributeProto.Types.AttributeType.Int) => Proto.I = value;

    /// <inheritdoc cref="OnnxAttribute(string, long)"/>
    /// <summary>An attribute that is one number.</summary>
    public OnnxAttribute(string name, float value) : this(name, AttributeProto.Types.AttributeType.Float) => Proto.F = value;

    /// <inheritdoc cref="OnnxAttribute(string, long)"/>
    /// <summary>An attribute that is one text.</summary>
    public OnnxAttribute(string name, string value) : this(name, AttributeProto.Types.AttributeType.String)
    {
        ArgumentNullException.ThrowIfNull(value);
        Proto.S = ByteString.CopyFromUtf8(value);
    }

    /// <summary>An attribute that is a list of integers.</summary>
    /// <param name="name">The attribute's name in the operator's specification.</param>
    /// <param name="values">The values.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    public OnnxAttribute(string name, ReadOnlySpan<long> values) : this(name, AttributeProto.Types.AttributeType.Ints) => Proto.Ints.AddRange(values);

    /// <inheritdoc cref="OnnxAttribute(string, ReadOnlySpan{long})"/>
    /// <summary>An attribute that is a list of numbers.</summary>
    public OnnxAttribute(string name, ReadOnlySpan<float> values) : this(name, AttributeProto.Types.AttributeType.Floats) => Proto.Floats.AddRange(values);

    /// <inheritdoc cref="OnnxAttribute(string, ReadOnlySpan{long})"/>
    /// <summary>An attribute that is a list of texts.</summary>
    public OnnxAttribute(string name, ReadOnlySpan<string> values) : this(name, AttributeProto.Types.AttributeType.Strings)
    {
        foreach (var value in values)
            Proto.Strings.Add(ByteString.CopyFromUtf8(value));
    }

    /// <summary>An attribute that is a tensor of <see cref="float"/>.</summary>
    /// <param name="name">The attribute's name in the operator's specification.</param>
    /// <param name="values">The values, row by row.</param>
    /// <param name="dimensions">The length of each axis; none for a scalar.</param>
    /// <returns>The attribute.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty, or the shape does not hold the values.</exception>
    public static OnnxAttribute Tensor(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> dimensions)
        => new(name, OnnxTensors.Numbers(OnnxElementType.Float, values, dimensions));

    /// <inheritdoc cref="Tensor(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    /// <summary>An attribute that is a tensor of <see cref="long"/>.</summary>
    public static OnnxAttribute Tensor(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> dimensions)
        => new(name, OnnxTensors.Numbers(OnnxElementType.Int64, values, dimensions));

    private OnnxAttribute(string name, TensorProto value) : this(name, AttributeProto.Types.AttributeType.Tensor) => Proto.T = value;

    internal OnnxAttribute(string name, GraphProto value) : this(name, AttributeProto.Types.AttributeType.Graph) => Proto.G = value;

    internal AttributeProto Proto { get; }
}
