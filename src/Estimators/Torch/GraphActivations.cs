using MLExtensions.Estimators.Onnx;
using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>What a hidden unit applies to its weighted sum z, and the derivative, in a graph.</summary>
internal static class GraphActivations
{
    /// <summary>Adds the function of each number.</summary>
    /// <param name="activation">The function.</param>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="z">The weighted sums.</param>
    /// <param name="type">Their type, Float or Double.</param>
    public static OnnxValue Apply(this HiddenActivation activation, OnnxGraphBuilder graph, OnnxValue z, OnnxElementType type = OnnxElementType.Float) => activation switch
    {
        HiddenActivation.Logistic => graph.Sigmoid(z),
        HiddenActivation.Tanh => graph.Tanh(z),
        HiddenActivation.Relu => graph.Relu(z),
        HiddenActivation.Gelu => graph.Mul(graph.Mul(z, Constant(graph, 0.5, type)), OnePlusErf(graph, z, type)),
        _ => graph.Mul(z, graph.Sigmoid(z)),
    };

    /// <summary>Adds the derivative at each number; 0 for the rectifier at 0.</summary>
    /// <param name="activation">The function.</param>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="z">The weighted sums.</param>
    /// <param name="activated">What <see cref="Apply"/> has made of them.</param>
    /// <param name="type">Their type, Float or Double.</param>
    public static OnnxValue Derivative(this HiddenActivation activation, OnnxGraphBuilder graph, OnnxValue z, OnnxValue activated, OnnxElementType type = OnnxElementType.Float)
    {
        var one = Constant(graph, 1, type);
        switch (activation)
        {
            case HiddenActivation.Logistic:
                return graph.Mul(activated, graph.Sub(one, activated));
            case HiddenActivation.Tanh:
                return graph.Sub(one, graph.Mul(activated, activated));
            case HiddenActivation.Relu:
                return graph.Cast(graph.Greater(z, Constant(graph, 0, type)), type);
            case HiddenActivation.Gelu:
                var density = graph.Mul(Constant(graph, 1 / Math.Sqrt(2 * Math.PI), type), graph.Exp(graph.Mul(graph.Mul(z, z), Constant(graph, -0.5, type))));
                return graph.Add(graph.Mul(Constant(graph, 0.5, type), OnePlusErf(graph, z, type)), graph.Mul(z, density));
            default:
                var logistic = graph.Sigmoid(z);
                return graph.Add(logistic, graph.Mul(activated, graph.Sub(one, logistic)));
        }
    }

    // Twice the normal distribution function. ONNX Runtime has Erf in single precision only.
    private static OnnxValue OnePlusErf(OnnxGraphBuilder graph, OnnxValue z, OnnxElementType type)
    {
        var scaled = graph.Mul(z, Constant(graph, MathF.Sqrt(0.5f), type));
        var erf = type == OnnxElementType.Float ? graph.Erf(scaled) : graph.Cast(graph.Erf(graph.Cast(scaled, OnnxElementType.Float)), type);
        return graph.Add(erf, Constant(graph, 1, type));
    }

    private static OnnxValue Constant(OnnxGraphBuilder graph, double value, OnnxElementType type)
        => type == OnnxElementType.Float ? graph.Constant((float)value) : graph.Constant(value);
}
