using MLExtensions.Estimators.Onnx;
using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>What a hidden unit applies to its weighted sum z, and the derivative, in a graph.</summary>
internal static class GraphActivations
{
    /// <summary>Adds the function of each number.</summary>
    public static OnnxValue Apply(this HiddenActivation activation, OnnxGraphBuilder graph, OnnxValue z) => activation switch
    {
        HiddenActivation.Logistic => graph.Sigmoid(z),
        HiddenActivation.Tanh => graph.Tanh(z),
        HiddenActivation.Relu => graph.Relu(z),
        HiddenActivation.Gelu => graph.Mul(graph.Mul(z, graph.Constant(0.5f)), graph.Add(graph.Erf(graph.Mul(z, graph.Constant(MathF.Sqrt(0.5f)))), graph.Constant(1f))),
        _ => graph.Mul(z, graph.Sigmoid(z)),
    };

    /// <summary>Adds the derivative at each number; 0 for the rectifier at 0.</summary>
    /// <param name="activation">The function.</param>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="z">The weighted sums.</param>
    /// <param name="activated">What <see cref="Apply"/> has made of them.</param>
    public static OnnxValue Derivative(this HiddenActivation activation, OnnxGraphBuilder graph, OnnxValue z, OnnxValue activated)
    {
        var one = graph.Constant(1f);
        switch (activation)
        {
            case HiddenActivation.Logistic:
                return graph.Mul(activated, graph.Sub(one, activated));
            case HiddenActivation.Tanh:
                return graph.Sub(one, graph.Mul(activated, activated));
            case HiddenActivation.Relu:
                return graph.Cast(graph.Greater(z, graph.Constant(0f)), OnnxElementType.Float);
            case HiddenActivation.Gelu:
                var distribution = graph.Mul(graph.Constant(0.5f), graph.Add(graph.Erf(graph.Mul(z, graph.Constant(MathF.Sqrt(0.5f)))), one));
                var density = graph.Mul(graph.Constant(1 / MathF.Sqrt(2 * MathF.PI)), graph.Exp(graph.Mul(graph.Mul(z, z), graph.Constant(-0.5f))));
                return graph.Add(distribution, graph.Mul(z, density));
            default:
                var logistic = graph.Sigmoid(z);
                return graph.Add(logistic, graph.Mul(activated, graph.Sub(one, logistic)));
        }
    }
}
