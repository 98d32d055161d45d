using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>A featurizer's graph and its columns as they are read in batches; <see cref="FeatureStockChain"/> is the form that is saved.</summary>
internal static class FeatureScorer
{
    /// <summary>The graph behind the columns: a vector once as [N, size] for batches and once as [size] for stock ML.NET, a scalar as [N] for both.</summary>
    /// <param name="model">What was learned.</param>
    /// <param name="keepsScore">Whether the saved form keeps a column Score that was there before.</param>
    public static OnnxGraph Compile(FeatureModel model, bool keepsScore)
    {
        var graph = Start(model, out var values);
        foreach (var (output, value) in model.Outputs.Zip(values))
        {
            var numbers = graph.Cast(value, output.ElementType);
            if (output.VectorSize is not { } size)
            {
                graph.Output(graph.Reshape(numbers, -1), HelperColumns.ScalarOf(output.Name), OnnxElementType.Float, (long?)null);
                continue;
            }
            graph.Output(numbers, HelperColumns.BatchOf(output.Name), output.ElementType, null, size);
            graph.Output(graph.Reshape(numbers, -1), HelperColumns.RowOf(output.Name), output.ElementType, size);
            if (output.SlotNames is { } names)
                graph.SlotNames(HelperColumns.RowOf(output.Name), names);
        }
        if (keepsScore)
            FeatureStockChain.NoteKeepsScore(graph);
        ComponentMetadata.Write(graph, model);
        return graph.Build();
    }

    /// <summary>The graph for other runtimes: outputs are named after the columns, a label is the index of its class from 0.</summary>
    public static OnnxGraph CompileForExport(FeatureModel model)
    {
        ExportedNames.Check(model.Inputs.Select(input => input.Name), model.Outputs.Select(output => output.Name));
        var graph = Start(model, out var values);
        foreach (var (output, value) in model.Outputs.Zip(values))
        {
            var size = output.VectorSize ?? 1;
            graph.Output(graph.Reshape(graph.Cast(value, output.ElementType), -1, size), output.Name, output.ElementType, null, size);
        }
        ComponentMetadata.Write(graph, model);
        return graph.Build();
    }

    /// <summary>The batched form.</summary>
    /// <param name="environment">The environment of the transformer.</param>
    /// <param name="graph">The graph that <see cref="Compile"/> made.</param>
    /// <param name="model">What was learned.</param>
    /// <param name="labels">The values of a key label; <see langword="null"/> for a Boolean one, and where no output is a label.</param>
    public static GraphScorer Create(IHostEnvironment environment, OnnxGraph graph, FeatureModel model, KeyValues? labels)
    {
        var inputs = model.Inputs.Select(input => new GraphInput(input.Name, input.Name, input.ElementType, [input.CategoryCount is null ? input.Width : 1]));
        var tensors = model.Outputs.Select(output => output.VectorSize is { } size
            ? new GraphTensor(HelperColumns.BatchOf(output.Name), output.ElementType, [size])
            : new GraphTensor(HelperColumns.ScalarOf(output.Name), OnnxElementType.Float, []));
        var columns = model.Outputs.Select((output, i) => ColumnOf(output, i, labels));
        return new GraphScorer(environment, graph, [.. inputs], [.. tensors], [.. columns], inputSchema =>
        {
            foreach (var input in model.Inputs)
                CheckInput(inputSchema, input);
            return model.Outputs.Select(output => Describe(output, labels));
        });
    }

    private static OutputColumn ColumnOf(FeatureOutput output, int tensor, KeyValues? labels) => output switch
    {
        { VectorSize: not null, ElementType: OnnxElementType.UInt32 } => new VectorOutput<uint>(output.Name, tensor),
        { VectorSize: not null } => new VectorOutput<float>(output.Name, tensor),
        { IsLabel: false } => new ScalarOutput<float>(output.Name, tensor, StockHeads.PassedThrough),
        _ when labels is null => new ScalarOutput<bool>(output.Name, tensor, index => index > 0),
        // Key 0 is a missing one.
        _ => new ScalarOutput<uint>(output.Name, tensor, index => (uint)((int)index + 1)),
    };

    private static OnnxGraphBuilder Start(FeatureModel model, out IReadOnlyList<OnnxValue> values)
    {
        var graph = new OnnxGraphBuilder(model.GetType().Name);
        // A scalar column arrives from stock ML.NET as [1, 1] too.
        var inputs = model.Inputs.Select(input => input.CategoryCount is { } count
            ? CategoricalInput.Of(input).AddTo(graph, count)
            : graph.Input(input.Name, OnnxElementType.Float, null, input.Width));
        values = model.BuildOutputs(graph, [.. inputs]);
        return graph;
    }

    private static void CheckInput(DataViewSchema schema, FeatureInput input)
    {
        if (input.CategoryCount is not null)
        {
            CategoricalInput.Of(input).Check(schema);
            return;
        }
        var found = schema.Require("input", input.Name).Type;
        if (!found.Equals(TypeOf(input)))
            throw SchemaErrors.Mismatch("input", input.Name, TypeOf(input).ToString()!, found.ToString()!);
    }

    private static DataViewType TypeOf(FeatureInput input)
        => input.VectorSize is { } size ? new VectorDataViewType(NumberDataViewType.Single, size) : NumberDataViewType.Single;

    private static DataViewSchema.DetachedColumn Describe(FeatureOutput output, KeyValues? labels)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        if (output.SlotNames is { } names)
            annotations.AddSlotNames(names);
        if (output.IsLabel)
            labels?.Annotate(annotations);
        DataViewType type = output switch
        {
            { VectorSize: { } size } => new VectorDataViewType(OnnxColumns.ItemTypeOf(output.ElementType), size),
            { IsLabel: false } => NumberDataViewType.Single,
            _ => labels is null ? BooleanDataViewType.Instance : new KeyDataViewType(typeof(uint), labels.Count),
        };
        return new DataViewSchema.DetachedColumn(output.Name, type, annotations.ToAnnotations());
    }
}
