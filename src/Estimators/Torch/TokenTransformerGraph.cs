using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Torch;

/// <summary>A fitted <see cref="TokenTransformer"/> as a part of a graph.</summary>
/// <param name="weights">Its weights.</param>
/// <param name="shape">Its sizes.</param>
internal sealed class TokenTransformerGraph(ModuleWeights weights, TransformerShape shape)
{
    /// <summary>Adds the encoder to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="tokens">[N, <paramref name="count"/>, width].</param>
    /// <param name="count">Tokens of a sequence.</param>
    /// <param name="kept">How many of them, the last ones, are wanted.</param>
    /// <returns>[N, <paramref name="kept"/>, width].</returns>
    public OnnxValue Build(OnnxGraphBuilder graph, OnnxValue tokens, int count, int kept)
    {
        var x = tokens;
        for (var i = 0; i < shape.Layers; i++)
            x = Block(graph, x, weights.Part($"blocks.{i}"), count, i == shape.Layers - 1 ? kept : count);
        return weights.LayerNorm(graph, weights.Linear(graph, weights.LayerNorm(graph, x, "headNorm"), "head"), "norm");
    }

    private OnnxValue Block(OnnxGraphBuilder graph, OnnxValue x, ModuleWeights block, int count, int kept)
    {
        var own = kept == count ? x : graph.Slice(x, [count - kept], [count], [1]);
        var attended = block.LayerNorm(graph, graph.Add(own, Attention(graph, x, block.Part("attention"), count, kept)), "attentionNorm");
        var hidden = graph.Relu(block.Linear(graph, attended, "expand"));
        return block.LayerNorm(graph, graph.Add(attended, block.Linear(graph, hidden, "contract")), "norm");
    }

    private OnnxValue Attention(OnnxGraphBuilder graph, OnnxValue x, ModuleWeights attention, int count, int kept)
    {
        var (heads, size) = (shape.Heads, shape.Width / shape.Heads);
        // [N, 3 heads, tokens, numbers of a head]: the heads of queries, then of keys, then of values.
        var packed = graph.Transpose(graph.Reshape(attention.Linear(graph, x, "packed"), 0, count, 3 * heads, size), 0, 2, 1, 3);
        var query = graph.Slice(packed, [0, count - kept], [heads, count], [1, 2]);
        var key = graph.Transpose(graph.Slice(packed, [heads], [2 * heads], [1]), 0, 1, 3, 2);
        var value = graph.Slice(packed, [2 * heads], [3 * heads], [1]);
        var scores = graph.MatMul(graph.Mul(query, graph.Constant((float)(1 / Math.Sqrt(size)))), key);
        var found = graph.MatMul(graph.Softmax(scores), value);
        return attention.Linear(graph, graph.Reshape(graph.Transpose(found, 0, 2, 1, 3), 0, kept, shape.Width), "output");
    }
}
