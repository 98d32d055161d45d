namespace MLExtensions.Estimators.Onnx;

/// <content>The operators, named and defined as in the ONNX specification. Two inputs of different shape broadcast as in NumPy.</content>
public sealed partial class OnnxGraphBuilder
{
    /// <summary>-x, element by element.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Neg(OnnxValue x) => Node("Neg", [x]);

    /// <summary>|x|, element by element.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Abs(OnnxValue x) => Node("Abs", [x]);

    /// <summary>The square root, element by element; NaN below 0.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Sqrt(OnnxValue x) => Node("Sqrt", [x]);

    /// <summary>e to the power x, element by element.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Exp(OnnxValue x) => Node("Exp", [x]);

    /// <summary>The natural logarithm, element by element.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Log(OnnxValue x) => Node("Log", [x]);

    /// <summary>The sine of radians, element by element.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Sin(OnnxValue x) => Node("Sin", [x]);

    /// <summary>The cosine of radians, element by element.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Cos(OnnxValue x) => Node("Cos", [x]);

    /// <summary>The error function, element by element.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Erf(OnnxValue x) => Node("Erf", [x]);

    /// <summary>1 / (1 + exp(-x)), element by element. ONNX Runtime gives exactly 0 for floats below about -18.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Sigmoid(OnnxValue x) => Node("Sigmoid", [x]);

    /// <summary>The hyperbolic tangent, element by element.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Tanh(OnnxValue x) => Node("Tanh", [x]);

    /// <summary>max(0, x), element by element.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Relu(OnnxValue x) => Node("Relu", [x]);

    /// <summary>Logical negation of Boolean values.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Not(OnnxValue x) => Node("Not", [x]);

    /// <summary>True where a floating-point value is NaN.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue IsNaN(OnnxValue x) => Node("IsNaN", [x]);

    /// <summary>The same value under a new name.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Identity(OnnxValue x) => Node("Identity", [x]);

    /// <summary>The lengths of the axes of a value.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <returns>A vector of Int64, one element an axis.</returns>
    public OnnxValue Shape(OnnxValue x) => Node("Shape", [x]);

    /// <summary>a + b.</summary>
    /// <param name="a">The left input.</param>
    /// <param name="b">The right input.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Add(OnnxValue a, OnnxValue b) => Node("Add", [a, b]);

    /// <summary>a - b.</summary>
    /// <param name="a">The left input.</param>
    /// <param name="b">The right input.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Sub(OnnxValue a, OnnxValue b) => Node("Sub", [a, b]);

    /// <summary>a * b, element by element.</summary>
    /// <param name="a">The left input.</param>
    /// <param name="b">The right input.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Mul(OnnxValue a, OnnxValue b) => Node("Mul", [a, b]);

    /// <summary>a / b, element by element; integers round towards 0.</summary>
    /// <param name="a">The left input.</param>
    /// <param name="b">The right input.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Div(OnnxValue a, OnnxValue b) => Node("Div", [a, b]);

    /// <summary>a to the power b, element by element.</summary>
    /// <param name="a">The left input.</param>
    /// <param name="b">The right input.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Pow(OnnxValue a, OnnxValue b) => Node("Pow", [a, b]);

    /// <summary>True where a &gt; b.</summary>
    /// <param name="a">The left input.</param>
    /// <param name="b">The right input.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Greater(OnnxValue a, OnnxValue b) => Node("Greater", [a, b]);

    /// <summary>True where a &gt;= b.</summary>
    /// <param name="a">The left input.</param>
    /// <param name="b">The right input.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue GreaterOrEqual(OnnxValue a, OnnxValue b) => Node("GreaterOrEqual", [a, b]);

    /// <summary>True where a &lt; b.</summary>
    /// <param name="a">The left input.</param>
    /// <param name="b">The right input.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Less(OnnxValue a, OnnxValue b) => Node("Less", [a, b]);

    /// <summary>True where a &lt;= b.</summary>
    /// <param name="a">The left input.</param>
    /// <param name="b">The right input.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue LessOrEqual(OnnxValue a, OnnxValue b) => Node("LessOrEqual", [a, b]);

    /// <summary>True where a = b; NaN equals nothing. Not for strings (they need operator set 19).</summary>
    /// <param name="a">The left input.</param>
    /// <param name="b">The right input.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Equal(OnnxValue a, OnnxValue b) => Node("Equal", [a, b]);

    /// <summary>Logical conjunction of Boolean values.</summary>
    /// <param name="a">The left input.</param>
    /// <param name="b">The right input.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue And(OnnxValue a, OnnxValue b) => Node("And", [a, b]);

    /// <summary>Logical disjunction of Boolean values.</summary>
    /// <param name="a">The left input.</param>
    /// <param name="b">The right input.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Or(OnnxValue a, OnnxValue b) => Node("Or", [a, b]);

    /// <summary>The largest of several values, element by element.</summary>
    /// <param name="values">At least one value; they broadcast.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Max(params ReadOnlySpan<OnnxValue> values) => Node("Max", values);

    /// <summary>The smallest of several values, element by element.</summary>
    /// <param name="values">At least one value; they broadcast.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Min(params ReadOnlySpan<OnnxValue> values) => Node("Min", values);

    /// <summary>Limits values to a range.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="minimum">The smallest result, a scalar of the type of <paramref name="x"/>, or <see langword="null"/> for no limit.</param>
    /// <param name="maximum">The largest result, likewise.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Clip(OnnxValue x, OnnxValue? minimum, OnnxValue? maximum) => Node("Clip", [x, minimum, maximum]);

    /// <summary>Picks element by element between two values.</summary>
    /// <param name="condition">Boolean values.</param>
    /// <param name="whenTrue">What to take where the condition is true.</param>
    /// <param name="whenFalse">What to take elsewhere.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Where(OnnxValue condition, OnnxValue whenTrue, OnnxValue whenFalse) => Node("Where", [condition, whenTrue, whenFalse]);

    /// <summary>Converts to another element type; floating point to integer rounds towards 0.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="type">The element type wanted.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Cast(OnnxValue x, OnnxElementType type) => Node("Cast", [x], new OnnxAttribute("to", (long)type));

    /// <summary>The matrix product of the last two axes; leading axes broadcast.</summary>
    /// <param name="a">[..., M, K].</param>
    /// <param name="b">[..., K, P].</param>
    /// <returns>[..., M, P].</returns>
    public OnnxValue MatMul(OnnxValue a, OnnxValue b) => Node("MatMul", [a, b]);

    /// <summary>alpha * A * B + beta * C for matrices.</summary>
    /// <param name="a">[M, K], or [K, M] if transposed.</param>
    /// <param name="b">[K, P], or [P, K] if transposed.</param>
    /// <param name="c">Something that broadcasts to [M, P], such as a bias [P]; <see langword="null"/> for none.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of <paramref name="c"/>.</param>
    /// <param name="transposeA">Whether to transpose <paramref name="a"/> first.</param>
    /// <param name="transposeB">Whether to transpose <paramref name="b"/> first.</param>
    /// <returns>[M, P].</returns>
    public OnnxValue Gemm(OnnxValue a, OnnxValue b, OnnxValue? c = null, float alpha = 1, float beta = 1, bool transposeA = false, bool transposeB = false) => Node("Gemm", [a, b, c],
        new("alpha", alpha), new("beta", beta), new("transA", transposeA ? 1 : 0), new("transB", transposeB ? 1 : 0));

    /// <summary>exp(x) divided by its sum along an axis.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="axis">The axis; negative counts from the last.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue Softmax(OnnxValue x, int axis = -1) => Node("Softmax", [x], new OnnxAttribute("axis", axis));

    /// <summary>The logarithm of the softmax along an axis.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="axis">The axis; negative counts from the last.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue LogSoftmax(OnnxValue x, int axis = -1) => Node("LogSoftmax", [x], new OnnxAttribute("axis", axis));

    /// <summary>The index of the largest value along an axis, the lowest index among equal ones.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="axis">The axis; negative counts from the last.</param>
    /// <param name="keepDimensions">Whether the axis stays, with length 1.</param>
    /// <returns>Int64 indices.</returns>
    public OnnxValue ArgMax(OnnxValue x, int axis = -1, bool keepDimensions = false) => Node("ArgMax", [x], new("axis", axis), new("keepdims", keepDimensions ? 1 : 0), new("select_last_index", 0));

    /// <summary>Scales each row to mean 0 and variance 1, then applies a scale and a bias.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="scale">One factor an element of the normalized axes.</param>
    /// <param name="bias">One summand an element of the normalized axes, or <see langword="null"/>.</param>
    /// <param name="axis">The first of the normalized axes; negative counts from the last.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <returns>A value of the same shape.</returns>
    public OnnxValue LayerNormalization(OnnxValue x, OnnxValue scale, OnnxValue? bias = null, int axis = -1, float epsilon = 1e-5f) => Node("LayerNormalization", [x, scale, bias], new("axis", axis), new("epsilon", epsilon));

    /// <summary>The sum along some axes.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="axes">The axes, at least one; negative counts from the last.</param>
    /// <param name="keepDimensions">Whether the axes stay, with length 1.</param>
    /// <returns>The result.</returns>
    public OnnxValue ReduceSum(OnnxValue x, ReadOnlySpan<long> axes, bool keepDimensions = true) => Node("ReduceSum", [x, Constant(axes)], new OnnxAttribute("keepdims", keepDimensions ? 1 : 0));

    /// <summary>The mean along some axes.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="axes">The axes, at least one; negative counts from the last.</param>
    /// <param name="keepDimensions">Whether the axes stay, with length 1.</param>
    /// <returns>The result.</returns>
    public OnnxValue ReduceMean(OnnxValue x, ReadOnlySpan<long> axes, bool keepDimensions = true) => Node("ReduceMean", [x], new("axes", axes), new("keepdims", keepDimensions ? 1 : 0));

    /// <summary>The largest value along some axes. Replace NaN first: ONNX Runtime's result then depends on where it stands.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="axes">The axes, at least one; negative counts from the last.</param>
    /// <param name="keepDimensions">Whether the axes stay, with length 1.</param>
    /// <returns>The result.</returns>
    public OnnxValue ReduceMax(OnnxValue x, ReadOnlySpan<long> axes, bool keepDimensions = true) => Node("ReduceMax", [x], new("axes", axes), new("keepdims", keepDimensions ? 1 : 0));

    /// <summary>The smallest value along some axes. Replace NaN first: ONNX Runtime's result then depends on where it stands.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="axes">The axes, at least one; negative counts from the last.</param>
    /// <param name="keepDimensions">Whether the axes stay, with length 1.</param>
    /// <returns>The result.</returns>
    public OnnxValue ReduceMin(OnnxValue x, ReadOnlySpan<long> axes, bool keepDimensions = true) => Node("ReduceMin", [x], new("axes", axes), new("keepdims", keepDimensions ? 1 : 0));

    /// <summary>The same elements in another shape.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="shape">The new lengths; one of them may be -1 (whatever is left), and 0 keeps the length of that axis.</param>
    /// <returns>The result.</returns>
    public OnnxValue Reshape(OnnxValue x, params ReadOnlySpan<long> shape) => Reshape(x, Constant(shape));

    /// <summary>The same elements in a computed shape.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="shape">A vector of Int64; one of them may be -1 (whatever is left), and 0 keeps the length of that axis.</param>
    /// <returns>The result.</returns>
    public OnnxValue Reshape(OnnxValue x, OnnxValue shape) => Node("Reshape", [x, shape]);

    /// <summary>Repeats a value along axes, as broadcasting does.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="shape">The shape to broadcast with.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Expand(OnnxValue x, params ReadOnlySpan<long> shape) => Expand(x, Constant(shape));

    /// <summary>Repeats a value along axes, as broadcasting does.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="shape">A vector of Int64, the shape to broadcast with.</param>
    /// <returns>A value of the broadcast shape.</returns>
    public OnnxValue Expand(OnnxValue x, OnnxValue shape) => Node("Expand", [x, shape]);

    /// <summary>Reorders the axes.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="permutation">For each new axis the old one; none reverses all axes.</param>
    /// <returns>The result.</returns>
    public OnnxValue Transpose(OnnxValue x, params ReadOnlySpan<long> permutation) => permutation.IsEmpty ? Node("Transpose", [x]) : Node("Transpose", [x], new OnnxAttribute("perm", permutation));

    /// <summary>Joins values along an axis.</summary>
    /// <param name="axis">The axis along which lengths may differ; negative counts from the last.</param>
    /// <param name="values">At least one value.</param>
    /// <returns>The result.</returns>
    public OnnxValue Concat(int axis, params ReadOnlySpan<OnnxValue> values) => Node("Concat", values, new OnnxAttribute("axis", axis));

    /// <summary>Looks up entries along an axis.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="indices">Int64 or Int32 indices of any shape; negative counts from the last. Outside the axis is an error when the model runs.</param>
    /// <param name="axis">The axis; negative counts from the last.</param>
    /// <returns>The shape of <paramref name="x"/> with the axis replaced by the shape of the indices.</returns>
    public OnnxValue Gather(OnnxValue x, OnnxValue indices, int axis = 0) => Node("Gather", [x, indices], new OnnxAttribute("axis", axis));

    /// <summary>A rectangular part.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="starts">First index on each of the axes; negative counts from the end.</param>
    /// <param name="ends">Index after the last; beyond the axis means its end.</param>
    /// <param name="axes">The axes that are cut.</param>
    /// <param name="steps">The step on each of the axes; none for 1.</param>
    /// <returns>The result.</returns>
    public OnnxValue Slice(OnnxValue x, ReadOnlySpan<long> starts, ReadOnlySpan<long> ends, ReadOnlySpan<long> axes, ReadOnlySpan<long> steps = default) => Node("Slice",
        [x, Constant(starts), Constant(ends), Constant(axes), steps.IsEmpty ? null : Constant(steps)]);

    /// <summary>Inserts axes of length 1.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="axes">Where they are in the result.</param>
    /// <returns>The result.</returns>
    public OnnxValue Unsqueeze(OnnxValue x, params ReadOnlySpan<long> axes) => Node("Unsqueeze", [x, Constant(axes)]);

    /// <summary>Removes axes of length 1.</summary>
    /// <param name="x">The input, of any shape.</param>
    /// <param name="axes">The axes; none removes all of length 1.</param>
    /// <returns>The result.</returns>
    public OnnxValue Squeeze(OnnxValue x, params ReadOnlySpan<long> axes) => Node("Squeeze", [x, axes.IsEmpty ? null : Constant(axes)]);
}
