using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>The two forms of a prediction graph's columns: read in batches, and as a chain of stock transformers.</summary>
internal static class PredictionScorer
{
    /// <summary>The batched form.</summary>
    public static GraphScorer Create(IHostEnvironment environment, PredictionModel model, OnnxGraph graph, PredictionSignature signature)
    {
        GraphInput features = new(signature.FeatureColumnName, signature.FeatureColumnName, OnnxElementType.Float, [signature.FeatureCount]);
        var heads = StockHeads.Of(signature.Task, signature.Labels);
        return new GraphScorer(environment, graph, [features, .. signature.Categories.Select(category => category.ToGraphInput())], Tensors(signature), Columns(signature.Task), inputSchema =>
        {
            signature.CheckInput(inputSchema);
            return Describe(inputSchema, signature, heads);
        })
        {
            RowPath = () => signature.Categories.Count == 0 ? RowPath(model, signature.Task) : null,
        };
    }

    private static Action<GraphBatch>? RowPath(PredictionModel model, PredictionTask task)
    {
        if (model.CreateRowScorer(task) is not { } score)
            return null;
        return batch =>
        {
            var scores = ((TensorBuffer<float>)batch.Outputs[0]).Row(0);
            score(((TensorBuffer<float>)batch.Inputs[0]).Row(0), scores);
            if (task == PredictionTask.MulticlassClassification)
                ((TensorBuffer<float>)batch.Outputs[1]).Data[0] = TensorPrimitives.IndexOfMax(scores);
        };
    }

    /// <summary>Number of transformers in the stock form: the graph, its heads, and the one that drops the helper columns.</summary>
    public static int StockChainLength(PredictionTask task) => 2 + StockHeads.CountOf(task);

    /// <summary>The form that loads without this pack.</summary>
    public static void SaveAsStock(ModelSaveContext ctx, OnnxGraph graph, PredictionSignature signature)
    {
        using var onnx = new StockOnnx(graph, HelperNames(signature), [.. signature.InputNames]);
        ((ICanSaveModel)ToStockChain(onnx, signature)).Save(ctx);
    }

    /// <summary>The graph's stock transformer with its heads, for as long as that transformer lives.</summary>
    public static TransformerChain<ITransformer> ToStockChain(StockOnnx onnx, PredictionSignature signature)
    {
        List<ITransformer> chain = [onnx.Transformer, .. StockHeads.Of(signature.Task, signature.Labels)];
        var scored = chain.Aggregate(onnx.InputSchema, (current, transformer) => transformer.GetOutputSchema(current));
        return new TransformerChain<ITransformer>([.. chain, StockHeads.Drop(HelperNames(signature), scored)]);
    }

    /// <summary>The graph outputs that the heads read.</summary>
    public static string[] HelperNames(PredictionSignature signature) => [.. HelperTypes(signature).Select(helper => helper.Name)];

    private static GraphTensor[] Tensors(PredictionSignature signature) => signature.Task == PredictionTask.MulticlassClassification
        ? [new(HelperColumns.BatchScores, OnnxElementType.Float, [signature.Labels!.Count]), new(HelperColumns.ClassIndex, OnnxElementType.Float, [])]
        : [new(HelperColumns.Score, OnnxElementType.Float, [])];

    private static OutputColumn[] Columns(PredictionTask task) => task switch
    {
        PredictionTask.Regression => [new ScalarOutput<float>("Score", 0, StockHeads.PassedThrough)],
        PredictionTask.BinaryClassification =>
        [
            new ScalarOutput<bool>("PredictedLabel", 0, score => score > 0),
            new ScalarOutput<float>("Score", 0, StockHeads.PassedThrough),
            new ScalarOutput<float>("Probability", 0, score => (float)(1 / (1 + Math.Exp(-(double)score)))),
        ],
        _ => [new ScalarOutput<uint>("PredictedLabel", 1, index => (uint)index + 1), new VectorOutput<float>("Score", 0)],
    };

    private static IEnumerable<DataViewSchema.DetachedColumn> Describe(DataViewSchema inputSchema, PredictionSignature signature, IReadOnlyList<ITransformer> heads)
    {
        var withHelpers = new DataViewSchema.Builder();
        withHelpers.AddColumns(inputSchema);
        withHelpers.AddColumns(HelperTypes(signature));
        var scored = heads.Aggregate(withHelpers.ToSchema(), (current, head) => head.GetOutputSchema(current));
        return Columns(signature.Task).Select(column => scored[column.Name]).Select(column => new DataViewSchema.DetachedColumn(column));
    }

    // What the stock OnnxTransformer declares for the graph's outputs.
    private static DataViewSchema.DetachedColumn[] HelperTypes(PredictionSignature signature)
    {
        var number = new VectorDataViewType(NumberDataViewType.Single, 1);
        if (signature.Task != PredictionTask.MulticlassClassification)
            return [new(HelperColumns.Score, number)];
        var scores = new VectorDataViewType(NumberDataViewType.Single, signature.Labels!.Count);
        var annotations = new DataViewSchema.Annotations.Builder();
        if (signature.Labels.Names is { } names)
            annotations.AddSlotNames(names);
        return [new(HelperColumns.RowScores, scores, annotations.ToAnnotations()), new(HelperColumns.ClassIndex, number)];
    }
}
