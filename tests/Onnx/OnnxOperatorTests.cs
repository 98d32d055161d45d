using MLExtensions.Estimators.Onnx;
using B = MLExtensions.Estimators.Onnx.OnnxGraphBuilder;

namespace MLExtensions.Tests.Onnx;

public sealed class OnnxOperatorTests
{
    private static readonly float[] X = [-2f, -0.5f, 0f, 0.25f, 1f, 3f];
    private static readonly float[] Y = [1f, -0.5f, 2f, 4f, 0.5f, 3f];

    public static TheoryData<string, Func<B, OnnxValue, OnnxValue>, Func<double, double>> Unary => new()
    {
        { "Neg", (b, x) => b.Neg(x), x => -x },
        { "Abs", (b, x) => b.Abs(x), Math.Abs },
        { "Sqrt", (b, x) => b.Sqrt(x), Math.Sqrt },
        { "Exp", (b, x) => b.Exp(x), Math.Exp },
        { "Log", (b, x) => b.Log(x), Math.Log },
        { "Sin", (b, x) => b.Sin(x), Math.Sin },
        { "Cos", (b, x) => b.Cos(x), Math.Cos },
        { "Sigmoid", (b, x) => b.Sigmoid(x), x => 1 / (1 + Math.Exp(-x)) },
        { "Tanh", (b, x) => b.Tanh(x), Math.Tanh },
        { "Relu", (b, x) => b.Relu(x), x => Math.Max(0, x) },
        { "Identity", (b, x) => b.Identity(x), x => x },
        { "LeakyRelu", (b, x) => b.Node("LeakyRelu", [x], new OnnxAttribute("alpha", 0.5f)), x => x < 0 ? x / 2 : x },
    };

    [Theory, MemberData(nameof(Unary))]
    public void Unary_operators_equal_plain_code(string name, Func<B, OnnxValue, OnnxValue> op, Func<double, double> expected)
    {
        _ = name;
        AssertClose(X.Select(x => expected(x)), Floats(b => op(b, b.Constant(X, 2, 3)), [2, 3]));
        var doubles = OnnxRun.Compute<double>(OnnxElementType.Double, b => op(b, b.Constant([.. X.Select(x => (double)x)], 2, 3)), out _, 2);
        AssertClose(X.Select(x => expected(x)), doubles, 1e-12);
    }

    [Fact]
    public void Erf_equals_known_values() => AssertClose([0.8427007929, -0.5204998778], Floats(b => b.Erf(b.Constant([1f, -0.5f])), [2]));

    public static TheoryData<string, Func<B, OnnxValue, OnnxValue, OnnxValue>, Func<double, double, double>> Binary => new()
    {
        { "Add", (b, x, y) => b.Add(x, y), (x, y) => x + y },
        { "Sub", (b, x, y) => b.Sub(x, y), (x, y) => x - y },
        { "Mul", (b, x, y) => b.Mul(x, y), (x, y) => x * y },
        { "Div", (b, x, y) => b.Div(x, y), (x, y) => x / y },
        { "Pow", (b, x, y) => b.Pow(x, y), Math.Pow },
        { "Max", (b, x, y) => b.Max(x, y), Math.Max },
        { "Min", (b, x, y) => b.Min(x, y), Math.Min },
        { "Greater", (b, x, y) => Number(b, b.Greater(x, y)), (x, y) => x > y ? 1 : 0 },
        { "GreaterOrEqual", (b, x, y) => Number(b, b.GreaterOrEqual(x, y)), (x, y) => x >= y ? 1 : 0 },
        { "Less", (b, x, y) => Number(b, b.Less(x, y)), (x, y) => x < y ? 1 : 0 },
        { "LessOrEqual", (b, x, y) => Number(b, b.LessOrEqual(x, y)), (x, y) => x <= y ? 1 : 0 },
        { "Equal", (b, x, y) => Number(b, b.Equal(x, y)), (x, y) => x == y ? 1 : 0 },
        { "And", (b, x, y) => Number(b, b.And(Positive(b, x), Positive(b, y))), (x, y) => x > 0 && y > 0 ? 1 : 0 },
        { "Or", (b, x, y) => Number(b, b.Or(Positive(b, x), Positive(b, y))), (x, y) => x > 0 || y > 0 ? 1 : 0 },
        { "Where", (b, x, y) => b.Where(b.Not(Positive(b, x)), x, y), (x, y) => x > 0 ? y : x },
    };

    [Theory, MemberData(nameof(Binary))]
    public void Binary_operators_equal_plain_code_and_broadcast(string name, Func<B, OnnxValue, OnnxValue, OnnxValue> op, Func<double, double, double> expected)
    {
        _ = name;
        AssertClose(X.Zip(Y, (x, y) => expected(x, y)), Floats(b => op(b, b.Constant(X), b.Constant(Y)), [6]));
        AssertClose(X.Select(x => expected(x, 0.5)), Floats(b => op(b, b.Constant(X, 3, 2), b.Constant(0.5f)), [3, 2]));
    }

    private static OnnxValue Number(B b, OnnxValue truth) => b.Cast(truth, OnnxElementType.Float);

    private static OnnxValue Positive(B b, OnnxValue x) => b.Greater(x, b.Constant(0f));

    // A = [[1, 2, 3], [4, 5, 6]] wherever a shape matters.
    private static OnnxValue A(B b) => b.Constant([1f, 2f, 3f, 4f, 5f, 6f], 2, 3);

    public static TheoryData<string, Func<B, OnnxValue>, long[], double[]> Shaped => new()
    {
        { "MatMul", b => b.MatMul(A(b), b.Constant([1f, 0f, -1f], 3, 1)), [2, 1], [-2, -2] },
        { "Gemm", b => b.Gemm(A(b), A(b), b.Constant([1f, 2f]), alpha: 2, beta: 3, transposeB: true), [2, 2], [31, 70, 67, 160] },
        { "Gemm without C", b => b.Gemm(A(b), b.Constant([1f, 1f], 2, 1), transposeA: true), [3, 1], [5, 7, 9] },
        { "Softmax", b => b.Softmax(b.Log(A(b))), [2, 3], [1 / 6d, 2 / 6d, 3 / 6d, 4 / 15d, 5 / 15d, 6 / 15d] },
        { "Softmax axis 0", b => b.Softmax(b.Log(A(b)), 0), [2, 3], [1 / 5d, 2 / 7d, 3 / 9d, 4 / 5d, 5 / 7d, 6 / 9d] },
        { "LogSoftmax", b => b.Exp(b.LogSoftmax(b.Log(A(b)))), [2, 3], [1 / 6d, 2 / 6d, 3 / 6d, 4 / 15d, 5 / 15d, 6 / 15d] },
        { "ArgMax ties", b => Number(b, b.ArgMax(b.Constant([1f, 7f, 7f, 2f, 2f, 1f], 2, 3))), [2], [1, 0] },
        { "ArgMax keeps", b => Number(b, b.ArgMax(A(b), 0, keepDimensions: true)), [1, 3], [1, 1, 1] },
        { "Reshape", b => b.Reshape(A(b), 3, -1), [3, 2], [1, 2, 3, 4, 5, 6] },
        { "Reshape computed", b => b.Reshape(A(b), b.Shape(b.Transpose(A(b)))), [3, 2], [1, 2, 3, 4, 5, 6] },
        { "Transpose", b => b.Transpose(A(b)), [3, 2], [1, 4, 2, 5, 3, 6] },
        { "Transpose permutation", b => b.Transpose(b.Unsqueeze(A(b), 0), 2, 0, 1), [3, 1, 2], [1, 4, 2, 5, 3, 6] },
        { "Concat", b => b.Concat(1, A(b), b.Constant([8f, 9f], 2, 1)), [2, 4], [1, 2, 3, 8, 4, 5, 6, 9] },
        { "Gather", b => b.Gather(A(b), b.Constant([2L, 0L]), 1), [2, 2], [3, 1, 6, 4] },
        { "Slice", b => b.Slice(A(b), [1], [3], [1]), [2, 2], [2, 3, 5, 6] },
        { "Slice step", b => b.Slice(A(b), [0], [long.MaxValue], [-1], [2]), [2, 2], [1, 3, 4, 6] },
        { "Squeeze", b => b.Squeeze(b.Unsqueeze(A(b), 0, 3), 3), [1, 2, 3], [1, 2, 3, 4, 5, 6] },
        { "Squeeze all", b => b.Squeeze(b.Unsqueeze(A(b), 0, 3)), [2, 3], [1, 2, 3, 4, 5, 6] },
        { "Expand", b => b.Expand(b.Constant([1f, 2f], 2, 1), 2, 2), [2, 2], [1, 1, 2, 2] },
        { "Expand computed", b => b.Expand(b.Constant(7f), b.Shape(A(b))), [2, 3], [7, 7, 7, 7, 7, 7] },
        { "ReduceSum", b => b.ReduceSum(A(b), [1]), [2, 1], [6, 15] },
        { "ReduceSum all", b => b.ReduceSum(A(b), [0, 1], keepDimensions: false), [], [21] },
        { "ReduceMean", b => b.ReduceMean(A(b), [0], keepDimensions: false), [3], [2.5, 3.5, 4.5] },
        { "ReduceMax", b => b.ReduceMax(A(b), [-1], keepDimensions: false), [2], [3, 6] },
        { "ReduceMin", b => b.ReduceMin(A(b), [-1]), [2, 1], [1, 4] },
        { "Clip", b => b.Clip(A(b), b.Constant(2f), b.Constant(5f)), [2, 3], [2, 2, 3, 4, 5, 5] },
        { "Clip above", b => b.Clip(A(b), null, b.Constant(2f)), [2, 3], [1, 2, 2, 2, 2, 2] },
        { "Max of three", b => b.Max(A(b), b.Constant(2f), b.Constant([0f, 9f, 0f])), [2, 3], [2, 9, 3, 4, 9, 6] },
        { "IsNaN", b => Number(b, b.IsNaN(b.Constant([1f, float.NaN, float.PositiveInfinity]))), [3], [0, 1, 0] },
        { "Cast truncates", b => Number(b, b.Cast(b.Constant([-1.7f, 1.7f]), OnnxElementType.Int64)), [2], [-1, 1] },
        {
            "LayerNormalization", b => b.LayerNormalization(A(b), b.Constant([1f, 2f, 3f]), b.Constant([0f, 0f, 1f]), epsilon: 0), [2, 3],
            [-Math.Sqrt(1.5), 0, 1 + 3 * Math.Sqrt(1.5), -Math.Sqrt(1.5), 0, 1 + 3 * Math.Sqrt(1.5)]
        },
        { "Int32", b => Number(b, b.Div(b.Constant([7, -7]), b.Constant(2))), [2], [3, -3] },
        { "Bool", b => Number(b, b.And(b.Constant([true, false]), b.Constant(true))), [2], [1, 0] },
        { "String", b => Number(b, b.Cast(b.Concat(0, b.Constant(["2.5"]), b.Unsqueeze(b.Constant("-1"), 0)), OnnxElementType.Float)), [2], [2.5, -1] },
        { "TopK", b => b.Node("", "TopK", [A(b), b.Constant([2L])], 2, new OnnxAttribute("axis", 1))[0], [2, 2], [3, 2, 6, 5] },
        { "LabelEncoder", b => b.Node("ai.onnx.ml", "LabelEncoder", [b.Constant(["b", "a"])], 1, new("keys_strings", ["a", "b"]), new("values_floats", [1f, 2f]), new("default_float", -1f))[0], [2], [2, 1] },
        { "ConstantOfShape", b => b.Node("ConstantOfShape", [b.Constant([2L])], OnnxAttribute.Tensor("value", [5f], 1)), [2], [5, 5] },
    };

    [Theory, MemberData(nameof(Shaped))]
    public void Shapes_and_values_equal_the_definition(string name, Func<B, OnnxValue> build, long[] shape, double[] expected)
    {
        _ = name;
        AssertClose(expected, Floats(build, shape));
    }

    [Fact]
    public void Constants_keep_every_bit()
    {
        double[] values = [double.NaN, double.NegativeInfinity, -0d, double.Epsilon, Math.PI];
        Assert.Equal(values, OnnxRun.Compute<double>(OnnxElementType.Double, b => b.Constant(values), out _, 1));
        Assert.Equal([long.MinValue, 5], OnnxRun.Compute<long>(OnnxElementType.Int64, b => b.Constant([long.MinValue, 5L]), out _, 1));
        Assert.Empty(OnnxRun.Compute<float>(OnnxElementType.Float, b => b.Constant(Array.Empty<float>(), 0, 4), out var shape, 2));
        Assert.Equal([0, 4], shape);
    }

    [Fact]
    public void A_constant_that_does_not_fit_its_shape_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new B("g").Constant([1f, 2f, 3f], 2, 2));
        Assert.StartsWith("A tensor of shape [2, 2] has 4 values, but 3 were given.", error.Message);
    }

    private static IEnumerable<double> Floats(Func<B, OnnxValue> build, long[] expectedShape)
    {
        var result = OnnxRun.Compute<float>(OnnxElementType.Float, build, out var shape, expectedShape.Length);
        Assert.Equal(expectedShape, shape);
        return result.Select(x => (double)x);
    }

    private static void AssertClose(IEnumerable<double> expected, IEnumerable<double> actual, double tolerance = 2e-6)
    {
        double[] want = [.. expected], got = [.. actual];
        Assert.Equal(want.Length, got.Length);
        for (var i = 0; i < want.Length; i++)
            Assert.True(want[i].Equals(got[i]) || Math.Abs(want[i] - got[i]) <= tolerance * Math.Max(1, Math.Abs(want[i])), $"[{i}]: expected {want[i]:R}, got {got[i]:R}");
    }
}
