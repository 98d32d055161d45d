using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A featurizer's graph and the two forms of its columns: read in batches, and as a chain of stock transformers.</summary>
internal static class FeatureScorer
{
    private const string ScalarsKey = "mlextensions.scalars";
    private const string KeepsScore = " keeps Score";

    /// <summary>The graph behind the columns: each output once as [N, size] for batches and once as [size] for stock ML.NET.</summary>
    /// <param name="model">The model.</param>
    /// <param name="keepsScore">Whether views to be transformed have a column Score, which the stock form then has to restore: its scalars pass through that name.</param>
    public static OnnxGraph Compile(FeatureModel model, bool keepsScore)
    {
        var graph = Start(model, out var values);
        foreach (var (output, value) in model.Outputs.Zip(values))
        {
            var numbers = graph.Cast(value, output.ElementType);
            graph.Output(numbers, HelperColumns.BatchOf(output.Name), output.ElementType, null, output.Size);
            graph.Output(graph.Reshape(numbers, -1), HelperColumns.RowOf(output.Name), output.ElementType, output.Size);
            if (output.SlotNames is { } names)
                graph.SlotNames(HelperColumns.RowOf(output.Name), names);
        }
        ComponentMetadata.Write(graph, model);
        var scalars = model.Outputs.Count(output => output.IsScalar);
        if (scalars > 0)
            graph.Metadata(ScalarsKey, $"{scalars}{(keepsScore && model.Outputs.All(output => output.Name != StockHeads.ScoreColumn) ? KeepsScore : "")}");
        return graph.Build();
    }

    /// <summary>The graph for other runtimes: outputs are named after the columns.</summary>
    public static OnnxGraph CompileForExport(FeatureModel model)
    {
        ExportedNames.Check(model.Inputs.Select(input => input.Name), model.Outputs.Select(output => output.Name));
        var graph = Start(model, out var values);
        foreach (var (output, value) in model.Outputs.Zip(values))
            graph.Output(graph.Cast(value, output.ElementType), output.Name, output.ElementType, null, output.Size);
        ComponentMetadata.Write(graph, model);
        return graph.Build();
    }

    /// <summary>The batched form.</summary>
    public static GraphScorer Create(IHostEnvironment environment, OnnxGraph graph, FeatureModel model)
    {
        var inputs = model.Inputs.Select(input => new GraphInput(input.Name, input.Name, OnnxElementType.Float, [input.Width]));
        var tensors = model.Outputs.Select(output => new GraphTensor(HelperColumns.BatchOf(output.Name), output.ElementType, [output.Size]));
        var columns = model.Outputs.Select(ColumnOf);
        return new GraphScorer(environment, graph, [.. inputs], [.. tensors], [.. columns], inputSchema =>
        {
            foreach (var input in model.Inputs)
                CheckInput(inputSchema, input);
            return model.Outputs.Select(Describe);
        });
    }

    /// <summary>
    /// Number of transformers in the stock form: the graph, one copy an output, and the one that drops the helper columns. Scalars need a head and a copy each and one more that drops
    /// Score, and, where Score is kept, two copies of it.
    /// </summary>
    public static int StockChainLength(OnnxGraph graph)
    {
        var (scalars, keepsScore) = ScalarsOf(graph);
        return 2 + graph.Outputs.Count(output => HelperColumns.IsRow(output.Name)) + (scalars > 0 ? (2 * scalars) + 1 : 0) + (keepsScore ? 2 : 0);
    }

    /// <summary>The form that loads without this pack.</summary>
    public static void SaveAsStock(ModelSaveContext ctx, OnnxGraph graph, FeatureModel model)
    {
        string[] rows = [.. model.Outputs.Select(output => HelperColumns.RowOf(output.Name))];
        string[] scalars = [.. model.Outputs.Where(output => output.IsScalar).Select(output => output.Name)];
        var (_, keepsScore) = ScalarsOf(graph);
        using var onnx = new StockOnnx(graph, rows, [.. model.Inputs.Select(column => column.Name)]);

        var chain = new StockChain(onnx.Transformer, keepsScore ? WithScore(onnx.InputSchema) : onnx.InputSchema);
        if (keepsScore)
            chain.Add(schema => StockHeads.Copy(HelperColumns.KeptScore, StockHeads.ScoreColumn, schema));
        foreach (var name in scalars)
        {
            chain.Add(_ => StockHeads.Number(HelperColumns.RowOf(name)));
            chain.Add(schema => StockHeads.CopyNumber(HelperColumns.ScalarOf(name), StockHeads.ScoreColumn, schema));
        }
        if (scalars.Length > 0)
            chain.Add(schema => StockHeads.Drop([StockHeads.ScoreColumn], schema));
        foreach (var output in model.Outputs)
            chain.Add(schema => StockHeads.Copy(output.Name, output.IsScalar ? HelperColumns.ScalarOf(output.Name) : HelperColumns.RowOf(output.Name), schema));
        if (keepsScore)
            chain.Add(schema => StockHeads.Copy(StockHeads.ScoreColumn, HelperColumns.KeptScore, schema));
        string[] kept = keepsScore ? [HelperColumns.KeptScore] : [];
        chain.Add(schema => StockHeads.Drop([.. rows, .. scalars.Select(HelperColumns.ScalarOf), .. kept], schema));
        chain.Save(ctx);
    }

    private static (int Scalars, bool KeepsScore) ScalarsOf(OnnxGraph graph)
    {
        var text = graph.Metadata.GetValueOrDefault(ScalarsKey, "0");
        return (int.Parse(text.Replace(KeepsScore, "", StringComparison.Ordinal), CultureInfo.InvariantCulture), text.EndsWith(KeepsScore, StringComparison.Ordinal));
    }

    private static DataViewSchema WithScore(DataViewSchema schema)
    {
        var columns = new DataViewSchema.Builder();
        columns.AddColumns(schema);
        columns.AddColumn(StockHeads.ScoreColumn, NumberDataViewType.Single);
        return columns.ToSchema();
    }

    private static OutputColumn ColumnOf(FeatureOutput output, int tensor) => output switch
    {
        // The stock head computes 1 * number + 0, which makes a negative zero positive.
        { IsScalar: true } => new ScalarOutput<float>(output.Name, tensor, number => number + 0f),
        { ElementType: OnnxElementType.UInt32 } => new VectorOutput<uint>(output.Name, tensor),
        _ => new VectorOutput<float>(output.Name, tensor),
    };

    private static OnnxGraphBuilder Start(FeatureModel model, out IReadOnlyList<OnnxValue> values)
    {
        var graph = new OnnxGraphBuilder(model.GetType().Name);
        // A scalar column arrives from stock ML.NET as [1, 1] too.
        var inputs = model.Inputs.Select(input => graph.Input(input.Name, OnnxElementType.Float, null, input.Width));
        values = model.BuildOutputs(graph, [.. inputs]);
        return graph;
    }

    private static void CheckInput(DataViewSchema schema, FeatureInput input)
    {
        var found = schema.Require("input", input.Name).Type;
        if (!found.Equals(TypeOf(input)))
            throw SchemaErrors.Mismatch("input", input.Name, TypeOf(input).ToString()!, found.ToString()!);
    }

    private static DataViewType TypeOf(FeatureInput input)
        => input.VectorSize is { } size ? new VectorDataViewType(NumberDataViewType.Single, size) : NumberDataViewType.Single;

    private static DataViewSchema.DetachedColumn Describe(FeatureOutput output)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        if (output.SlotNames is { } names)
            annotations.AddSlotNames(names);
        DataViewType type = output.IsScalar ? NumberDataViewType.Single : new VectorDataViewType(OnnxColumns.ItemTypeOf(output.ElementType), output.Size);
        return new DataViewSchema.DetachedColumn(output.Name, type, annotations.ToAnnotations());
    }
}
