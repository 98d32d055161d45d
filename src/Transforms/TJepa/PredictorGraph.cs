using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Torch;

namespace MLExtensions.Transforms;

/// <summary>A fitted <see cref="Predictor"/> as a part of a graph.</summary>
/// <param name="weights">Its weights.</param>
/// <param name="columns">Number of columns.</param>
/// <param name="shape">Its sizes.</param>
internal sealed class PredictorGraph(ModuleWeights weights, int columns, TransformerShape shape)
{
    private readonly float[] _positions = PositionCodes.Halves(columns, shape.Width, Predictor.Wavelength);

    /// <summary>Adds the predictor to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="context">The context tokens of each row and mask, [N, masks, nc, h].</param>
    /// <param name="masks">The masks.</param>
    /// <returns>The predictions, [N, masks, nt, h].</returns>
    public OnnxValue Build(OnnxGraphBuilder graph, OnnxValue context, SurpriseMasks masks)
    {
        var (nc, nt, width) = (masks.ContextSize, masks.TargetSize, shape.Width);
        var known = graph.Add(weights.Linear(graph, context, "input"), graph.Constant(Positions(masks.Context), masks.Count, nc, width));
        var mask = weights["mask"];
        var wanted = graph.Constant([.. Positions(masks.Targets).Select((value, i) => value + mask[i % width])], 1, masks.Count, nt, width);
        var rows = graph.Slice(graph.Shape(context), [0], [1], [0]);
        var tokens = graph.Concat(2, known, graph.Expand(wanted, graph.Concat(0, rows, graph.Constant([1L, 1, 1], 3))));
        var encoded = new TokenTransformerGraph(weights.Part("transformer"), shape).Build(graph, graph.Reshape(tokens, -1, nc + nt, width), nc + nt, nt);
        return graph.Reshape(weights.Linear(graph, weights.LayerNorm(graph, encoded, "norm"), "output"), -1, masks.Count, nt, weights["output.bias"].Length);
    }

    private float[] Positions(long[] chosen) => [.. chosen.SelectMany(column => _positions[((int)column * shape.Width)..(((int)column + 1) * shape.Width)])];
}
