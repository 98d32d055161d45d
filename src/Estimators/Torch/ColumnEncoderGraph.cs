using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Torch;

/// <summary>A fitted <see cref="ColumnEncoder"/> as a part of a graph.</summary>
/// <param name="weights">Its weights.</param>
/// <param name="layout">Its tokens.</param>
/// <param name="shape">The sizes of its transformer.</param>
internal sealed class ColumnEncoderGraph(ModuleWeights weights, TokenLayout layout, TransformerShape shape)
{
    private readonly ModuleWeights _tokenizer = weights.Part("tokenizer");
    private readonly TokenTransformerGraph _transformer = new(weights.Part("transformer"), shape);

    /// <summary>Adds the tokens before they know of each other to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="numbers">The numeric columns, float [N, numbers], NaN where they are missing; <see langword="null"/> without any.</param>
    /// <param name="categories">The categorical columns, int64 [N, columns], from 0; <see langword="null"/> without any.</param>
    /// <returns>[N, <see cref="TokenLayout.TokenCount"/>, width].</returns>
    public OnnxValue Tokens(OnnxGraphBuilder graph, OnnxValue? numbers, OnnxValue? categories)
    {
        var (count, width) = (layout.NumberCount, shape.Width);
        var offsets = Offsets();
        List<OnnxValue> parts = [];
        if (numbers is not null)
            parts.Add(TokensOf(graph, numbers, graph.Constant(offsets.AsSpan(0, count * width), count, width)));
        if (categories is not null)
        {
            var firsts = layout.CategoryCounts.Select((_, i) => layout.CategoryCounts.Take(i).Sum(categories => (long)categories)).ToArray();
            var rows = graph.Gather(_tokenizer.Constant(graph, "categories"), graph.Add(categories, graph.Constant(firsts, firsts.Length)));
            parts.Add(graph.Add(rows, graph.Constant(offsets.AsSpan(count * width), firsts.Length, width)));
        }
        if (layout.SummaryTokens > 0)
        {
            var rows = graph.Slice(graph.Shape(parts[0]), [0], [1], [0]);
            parts.Insert(0, graph.Expand(graph.Constant(Summary(), 1, layout.SummaryTokens, width), graph.Concat(0, rows, graph.Constant([1L, 1L], 2))));
        }
        return parts.Count == 1 ? parts[0] : graph.Concat(1, [.. parts]);
    }

    /// <inheritdoc cref="TokenTransformerGraph.Build"/>
    public OnnxValue Encode(OnnxGraphBuilder graph, OnnxValue tokens, int count, int kept) => _transformer.Build(graph, tokens, count, kept);

    private OnnxValue TokensOf(OnnxGraphBuilder graph, OnnxValue numbers, OnnxValue offsets)
    {
        var missing = graph.IsNaN(numbers);
        var present = graph.Unsqueeze(graph.Where(missing, graph.Constant(0f), numbers), 2);
        var tokens = graph.Add(graph.Mul(present, _tokenizer.Constant(graph, "weights")), offsets);
        var vectors = graph.Constant(_tokenizer["missing"], layout.NumberCount, shape.Width);
        return graph.Add(tokens, graph.Mul(graph.Unsqueeze(graph.Cast(missing, OnnxElementType.Float), 2), vectors));
    }

    private float[] Summary() => Sum(_tokenizer["summary"], Positions()[..(layout.SummaryTokens * shape.Width)]);

    private float[] Offsets()
    {
        var offsets = Sum(_tokenizer["biases"], Positions()[(layout.SummaryTokens * shape.Width)..]);
        if (_tokenizer.Has("types"))
        {
            var kinds = _tokenizer["types"];
            offsets = [.. offsets.Select((value, i) => value + kinds[(i / shape.Width < layout.NumberCount ? 0 : shape.Width) + (i % shape.Width)])];
        }
        return _tokenizer.Has("columns") ? Sum(offsets, _tokenizer["columns"]) : offsets;
    }

    private float[] Positions() => PositionCodes.Interleaved(layout.TokenCount, shape.Width, ColumnTokenizer.Wavelength);

    private static float[] Sum(float[] left, float[] right) => [.. left.Zip(right, (a, b) => a + b)];
}
