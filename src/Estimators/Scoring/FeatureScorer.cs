using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A featurizer's graph and the two forms of its columns: read in batches, and as a chain of stock transformers.</summary>
internal static class FeatureScorer
{
    /// <summary>The graph behind the columns: each output once as [N, size] for batches and once as [size] for stock ML.NET.</summary>
    public static OnnxGraph Compile(FeatureModel model)
    {
        var graph = Start(model, out var values);
        foreach (var (output, value) in model.Outputs.Zip(values))
        {
            var numbers = graph.Cast(value, OnnxElementType.Float);
            graph.Output(numbers, HelperColumns.BatchOf(output.Name), OnnxElementType.Float, null, output.Size);
            graph.Output(graph.Reshape(numbers, -1), HelperColumns.RowOf(output.Name), OnnxElementType.Float, output.Size);
            if (output.SlotNames is { } names)
                graph.SlotNames(HelperColumns.RowOf(output.Name), names);
        }
        ComponentMetadata.Write(graph, model);
        return graph.Build();
    }

    /// <summary>The graph for other runtimes: outputs are named after the columns.</summary>
    public static OnnxGraph CompileForExport(FeatureModel model)
    {
        var graph = Start(model, out var values);
        foreach (var (output, value) in model.Outputs.Zip(values))
            graph.Output(graph.Cast(value, OnnxElementType.Float), output.Name, OnnxElementType.Float, null, output.Size);
        ComponentMetadata.Write(graph, model);
        return graph.Build();
    }

    /// <summary>The batched form.</summary>
    public static GraphScorer Create(IHostEnvironment environment, OnnxGraph graph, FeatureModel model)
    {
        var inputs = model.Inputs.Select(input => new GraphInput(input.Name, input.Name, OnnxElementType.Float, [input.Width]));
        var tensors = model.Outputs.Select(output => new GraphTensor(HelperColumns.BatchOf(output.Name), OnnxElementType.Float, [output.Size]));
        var columns = model.Outputs.Select((output, i) => new VectorOutput<float>(output.Name, i));
        return new GraphScorer(environment, graph, [.. inputs], [.. tensors], [.. columns], inputSchema =>
        {
            foreach (var input in model.Inputs)
                CheckInput(inputSchema, input);
            return model.Outputs.Select(Describe);
        });
    }

    /// <summary>Number of transformers in the stock form: the graph, one copy an output, and the one that drops the helper columns.</summary>
    public static int StockChainLength(OnnxGraph graph) => 2 + graph.Outputs.Count(output => HelperColumns.IsRow(output.Name));

    /// <summary>The form that loads without this pack.</summary>
    public static void SaveAsStock(ModelSaveContext ctx, OnnxGraph graph, FeatureModel model)
    {
        string[] helpers = [.. model.Outputs.Select(output => HelperColumns.RowOf(output.Name))];
        using var onnx = new StockOnnx(graph, helpers, [.. model.Inputs.Select(column => column.Name)]);
        List<ITransformer> chain = [onnx.Transformer];
        var schema = onnx.Transformer.GetOutputSchema(onnx.InputSchema);
        foreach (var output in model.Outputs)
        {
            chain.Add(StockHeads.Copy(output.Name, HelperColumns.RowOf(output.Name), schema));
            schema = chain[^1].GetOutputSchema(schema);
        }
        chain.Add(StockHeads.Drop(helpers, schema));
        ((ICanSaveModel)new TransformerChain<ITransformer>([.. chain])).Save(ctx);
    }

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
        return new DataViewSchema.DetachedColumn(output.Name, new VectorDataViewType(NumberDataViewType.Single, output.Size), annotations.ToAnnotations());
    }
}
