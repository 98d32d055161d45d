using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <content>The forward pass.</content>
public sealed partial class TJepaModelParameters
{
    // Below it, a column's token is the same in all rows.
    private const double SmallestVariance = 1e-12;

    /// <inheritdoc/>
    public override IReadOnlyList<OnnxValue> BuildOutputs(OnnxGraphBuilder graph, IReadOnlyList<OnnxValue> inputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(inputs);
        var (layout, width) = (Table.Layout, _options.HiddenSize);
        var (numbers, categories) = Table.Build(graph, Inputs, inputs);
        ColumnEncoderGraph encoder = new(Weights.Target, layout, _options.EncoderShape);
        var tokens = encoder.Encode(graph, encoder.Tokens(graph, numbers, categories), layout.TokenCount, layout.TokenCount);
        var features = TokenPooling.Build(graph, tokens, Output, _options.RegTokens, layout.TokenCount, width);
        if (Output.HasRaw())
            features = graph.Concat(1, [.. Raw(graph, numbers, categories), features]);
        return _options.Surprise ? [features, Surprise(graph, numbers, categories, tokens)] : [features];
    }

    private IEnumerable<OnnxValue> Raw(OnnxGraphBuilder graph, OnnxValue? numbers, OnnxValue? categories)
    {
        if (numbers is not null)
            yield return Table.Scaling.Fill(graph, numbers);
        for (var i = 0; i < Table.Categories.Count; i++)
        {
            var category = graph.Slice(categories!, [i], [i + 1], [1]);
            var values = graph.Constant([.. Enumerable.Range(0, Table.Categories[i].Count).Select(value => (long)value)], 1, Table.Categories[i].Count);
            yield return graph.Cast(graph.Equal(category, values), OnnxElementType.Float);
        }
    }

    /// <summary>The mean normalised loss of a row over fixed masks, [N].</summary>
    private OnnxValue Surprise(OnnxGraphBuilder graph, OnnxValue? numbers, OnnxValue? categories, OnnxValue targetTokens)
    {
        var (layout, width, regTokens) = (Table.Layout, _options.HiddenSize, _options.RegTokens);
        var sizes = MaskSizesOf(Table, _options);
        // The masks belong to the model: the same in every copy of it.
        var masks = SurpriseMasks.Draw(Table.Varying, sizes, SplitMix64.Of(0, (int)RandomUse.Masks));
        ColumnEncoderGraph encoder = new(Weights.Context, layout, _options.EncoderShape);

        var visible = masks.Context.Chunk(masks.ContextSize).SelectMany(columns => Enumerable.Range(0, regTokens).Select(token => (long)token).Concat(columns.Select(column => column + regTokens)));
        var context = graph.Gather(encoder.Tokens(graph, numbers, categories), graph.Constant([.. visible], masks.Count, regTokens + masks.ContextSize), axis: 1);
        var encoded = encoder.Encode(graph, graph.Reshape(context, -1, regTokens + masks.ContextSize, width), regTokens + masks.ContextSize, masks.ContextSize);
        var predictions = new PredictorGraph(Weights.Predictor, layout.ColumnCount, _options.PredictorShape)
            .Build(graph, graph.Reshape(encoded, -1, masks.Count, masks.ContextSize, width), masks);

        var targets = graph.Gather(targetTokens, graph.Constant([.. masks.Targets.Select(column => column + regTokens)], masks.Count, masks.TargetSize), axis: 1);
        var errors = graph.Sub(predictions, targets);
        var variances = masks.Targets.Chunk(masks.TargetSize).Select(columns => (float)Math.Max(SmallestVariance, width * columns.Sum(column => Weights.Variances[column])));
        var normalized = graph.Div(graph.ReduceSum(graph.Mul(errors, errors), [2, 3], keepDimensions: false), graph.Constant([.. variances], masks.Count));
        return graph.ReduceMean(normalized, [1], keepDimensions: false);
    }

    /// <summary>The sizes of masks for a table.</summary>
    internal static MaskSizes MaskSizesOf(TJepaColumns table, TJepaFeaturizer.Options options)
        => MaskSizes.Of(table.Varying.Length, (options.SmallestContextShare, options.LargestContextShare), (options.SmallestTargetShare, options.LargestTargetShare));
}
