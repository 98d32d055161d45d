using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A featurizer as stock transformers: the graph, what makes each column of its helper column, and the one that drops the helper columns.</summary>
/// <remarks>
/// A scalar comes out of a stock linear model, as a column Score. A Score that the rows had when the featurizer was fitted is put aside meanwhile, and is the last
/// column then. Where an output is itself called Score, scalars are made under other names first.
/// </remarks>
internal static class FeatureStockChain
{
    private const string Score = "Score";
    private const string KeepsScoreKey = "mlextensions.keepsScore";
    private const int TransformersThatKeepScore = 2;

    /// <summary>Whether the chain of a model has to keep a column Score of the rows.</summary>
    public static bool KeepsScore(FeatureModel model, DataViewSchema rows)
        => rows.GetColumnOrNull(Score) is not null && model.Outputs.Any(output => output.VectorSize is null) && model.Outputs.All(output => output.Name != Score);

    /// <summary>Notes in a graph that its chain keeps a column Score.</summary>
    public static void NoteKeepsScore(OnnxGraphBuilder graph) => graph.Metadata(KeepsScoreKey, bool.TrueString);

    /// <summary>Number of transformers in the chain of a graph.</summary>
    public static int LengthOf(OnnxGraph graph)
    {
        var vectors = graph.Outputs.Count(output => HelperColumns.IsRow(output.Name));
        var scalars = graph.Outputs.Count(output => HelperColumns.IsScalar(output.Name));
        var addsScore = graph.Outputs.Any(output => output.Name == HelperColumns.RowOf(Score) || output.Name == HelperColumns.ScalarOf(Score));
        return 2 + vectors + ((addsScore ? 3 : 2) * scalars) + (KeepsScore(graph) ? TransformersThatKeepScore : 0);
    }

    /// <summary>The values of the key label that a chain puts out; <see langword="null"/> for a Boolean label, and where no output is a label.</summary>
    public static KeyValues? LabelsOf(FeatureModel model, OnnxGraph graph, IEnumerable<ITransformer> chain)
    {
        if (model.Outputs.FirstOrDefault(output => output.IsLabel) is not { } label)
            return null;
        var inputs = InputsOf(StockOnnx.InputSchemaOf(graph, graph.Inputs.Select(input => input.Name)), KeepsScore(graph));
        var column = chain.Aggregate(inputs, (schema, transformer) => transformer.GetOutputSchema(schema))[label.Name];
        return column.Type is KeyDataViewType ? KeyValues.Of(column) : null;
    }

    /// <summary>Saves the chain.</summary>
    public static void Save(ModelSaveContext ctx, OnnxGraph graph, FeatureModel model, KeyValues? labels)
    {
        using var onnx = new StockOnnx(graph, [.. model.Outputs.Select(HelperOf)], [.. model.Inputs.Select(column => column.Name)]);
        var schema = InputsOf(onnx.InputSchema, KeepsScore(graph));
        List<ITransformer> chain = [];
        foreach (var make in Steps(model, KeepsScore(graph), labels).Prepend(_ => onnx.Transformer))
        {
            chain.Add(make(schema));
            schema = chain[^1].GetOutputSchema(schema);
        }
        ((ICanSaveModel)new TransformerChain<ITransformer>([.. chain])).Save(ctx);
    }

    private static IEnumerable<Func<DataViewSchema, ITransformer>> Steps(FeatureModel model, bool keepsScore, KeyValues? labels)
    {
        var scalars = model.Outputs.Where(output => output.VectorSize is null).ToArray();
        var addsScore = model.Outputs.Any(output => output.Name == Score);
        List<string> dropped = [.. model.Outputs.Select(HelperOf)];
        if (keepsScore)
        {
            yield return schema => StockHeads.Copy(HelperColumns.KeptScore, Score, schema);
            dropped.Add(HelperColumns.KeptScore);
        }
        foreach (var step in addsScore ? scalars.SelectMany(output => MakeScalar(output, HelperColumns.ValueOf(output.Name), labels)) : [])
            yield return step;
        foreach (var output in model.Outputs)
        {
            var source = output.VectorSize is null ? HelperColumns.ValueOf(output.Name) : HelperOf(output);
            foreach (var step in output.VectorSize is null && !addsScore ? MakeScalar(output, output.Name, labels) : [schema => StockHeads.Copy(output.Name, source, schema)])
                yield return step;
        }
        if (keepsScore)
            yield return schema => StockHeads.Copy(Score, HelperColumns.KeptScore, schema);
        if (scalars.Length > 0)
            dropped.AddRange(addsScore ? scalars.Select(output => HelperColumns.ValueOf(output.Name)) : keepsScore ? [] : [Score]);
        yield return schema => StockHeads.Drop([.. dropped], schema);
    }

    private static IEnumerable<Func<DataViewSchema, ITransformer>> MakeScalar(FeatureOutput output, string name, KeyValues? labels) =>
    [
        _ => StockHeads.TakeNumber(HelperOf(output)),
        _ => output.IsLabel ? StockHeads.LabelOfScore(name, labels) : StockHeads.PlainScore(name),
    ];

    private static string HelperOf(FeatureOutput output) => output.VectorSize is null ? HelperColumns.ScalarOf(output.Name) : HelperColumns.RowOf(output.Name);

    private static bool KeepsScore(OnnxGraph graph) => graph.Metadata.ContainsKey(KeepsScoreKey);

    private static DataViewSchema InputsOf(DataViewSchema inputs, bool withScore)
    {
        if (!withScore || inputs.GetColumnOrNull(Score) is not null)
            return inputs;
        DataViewSchema.Builder builder = new();
        builder.AddColumns(inputs);
        builder.AddColumn(Score, NumberDataViewType.Single);
        return builder.ToSchema();
    }
}
