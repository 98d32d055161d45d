namespace MLExtensions.Estimators.Onnx;

/// <content>Constants: initializers of the graph, with the bits of the values given.</content>
public sealed partial class OnnxGraphBuilder
{
    /// <summary>A scalar constant of <see cref="float"/>.</summary>
    /// <param name="value">The value.</param>
    /// <returns>A value without axes.</returns>
    public OnnxValue Constant(float value) => Constant(OnnxTensors.Numbers<float>(OnnxElementType.Float, [value], []));

    /// <summary>A constant tensor of <see cref="float"/>.</summary>
    /// <param name="values">The values, row by row.</param>
    /// <param name="dimensions">The length of each axis; none for a vector of all values.</param>
    /// <returns>The constant.</returns>
    /// <exception cref="ArgumentException">The shape does not hold as many values as were given.</exception>
    public OnnxValue Constant(ReadOnlySpan<float> values, params ReadOnlySpan<long> dimensions)
        => Constant(OnnxTensors.Numbers(OnnxElementType.Float, values, dimensions.IsEmpty ? [values.Length] : dimensions));

    /// <summary>A scalar constant of <see cref="double"/>.</summary>
    /// <param name="value">The value.</param>
    /// <returns>A value without axes.</returns>
    public OnnxValue Constant(double value) => Constant(OnnxTensors.Numbers<double>(OnnxElementType.Double, [value], []));

    /// <summary>A constant tensor of <see cref="double"/>.</summary>
    /// <param name="values">The values, row by row.</param>
    /// <param name="dimensions">The length of each axis; none for a vector of all values.</param>
    /// <returns>The constant.</returns>
    /// <exception cref="ArgumentException">The shape does not hold as many values as were given.</exception>
    public OnnxValue Constant(ReadOnlySpan<double> values, params ReadOnlySpan<long> dimensions)
        => Constant(OnnxTensors.Numbers(OnnxElementType.Double, values, dimensions.IsEmpty ? [values.Length] : dimensions));

    /// <summary>A scalar constant of <see cref="long"/>.</summary>
    /// <param name="value">The value.</param>
    /// <returns>A value without axes.</returns>
    public OnnxValue Constant(long value) => Constant(OnnxTensors.Numbers<long>(OnnxElementType.Int64, [value], []));

    /// <summary>A constant tensor of <see cref="long"/>.</summary>
    /// <param name="values">The values, row by row.</param>
    /// <param name="dimensions">The length of each axis; none for a vector of all values.</param>
    /// <returns>The constant.</returns>
    /// <exception cref="ArgumentException">The shape does not hold as many values as were given.</exception>
    public OnnxValue Constant(ReadOnlySpan<long> values, params ReadOnlySpan<long> dimensions)
        => Constant(OnnxTensors.Numbers(OnnxElementType.Int64, values, dimensions.IsEmpty ? [values.Length] : dimensions));

    /// <summary>A scalar constant of <see cref="int"/>.</summary>
    /// <param name="value">The value.</param>
    /// <returns>A value without axes.</returns>
    public OnnxValue Constant(int value) => Constant(OnnxTensors.Numbers<int>(OnnxElementType.Int32, [value], []));

    /// <summary>A constant tensor of <see cref="int"/>.</summary>
    /// <param name="values">The values, row by row.</param>
    /// <param name="dimensions">The length of each axis; none for a vector of all values.</param>
    /// <returns>The constant.</returns>
    /// <exception cref="ArgumentException">The shape does not hold as many values as were given.</exception>
    public OnnxValue Constant(ReadOnlySpan<int> values, params ReadOnlySpan<long> dimensions)
        => Constant(OnnxTensors.Numbers(OnnxElementType.Int32, values, dimensions.IsEmpty ? [values.Length] : dimensions));

    /// <summary>A scalar constant of <see cref="bool"/>.</summary>
    /// <param name="value">The value.</param>
    /// <returns>A value without axes.</returns>
    public OnnxValue Constant(bool value) => Constant(OnnxTensors.Numbers<bool>(OnnxElementType.Bool, [value], []));

    /// <summary>A constant tensor of <see cref="bool"/>.</summary>
    /// <param name="values">The values, row by row.</param>
    /// <param name="dimensions">The length of each axis; none for a vector of all values.</param>
    /// <returns>The constant.</returns>
    /// <exception cref="ArgumentException">The shape does not hold as many values as were given.</exception>
    public OnnxValue Constant(ReadOnlySpan<bool> values, params ReadOnlySpan<long> dimensions)
        => Constant(OnnxTensors.Numbers(OnnxElementType.Bool, values, dimensions.IsEmpty ? [values.Length] : dimensions));

    /// <summary>A scalar constant of <see cref="string"/>.</summary>
    /// <param name="value">The value.</param>
    /// <returns>A value without axes.</returns>
    public OnnxValue Constant(string value) => Constant(OnnxTensors.Strings([value], []));

    /// <summary>A constant tensor of <see cref="string"/>.</summary>
    /// <param name="values">The values, row by row.</param>
    /// <param name="dimensions">The length of each axis; none for a vector of all values.</param>
    /// <returns>The constant.</returns>
    /// <exception cref="ArgumentException">The shape does not hold as many values as were given.</exception>
    public OnnxValue Constant(ReadOnlySpan<string> values, params ReadOnlySpan<long> dimensions)
        => Constant(OnnxTensors.Strings(values, dimensions.IsEmpty ? [values.Length] : dimensions));
}
