using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Estimators.Scoring;

/// <summary>Compiles a model into the graph that is scored and saved, or into the graph that is exported.</summary>
internal static class PredictionGraph
{
    /// <summary>The graph behind the columns: its outputs are the helper columns that the stock heads read.</summary>
    public static OnnxGraph ForScoring(PredictionModel model, PredictionSignature signature)
    {
        var graph = Start(model, signature, out var scores);
        if (signature.Task != PredictionTask.MulticlassClassification)
        {
            graph.Output(graph.Reshape(scores, -1), HelperColumns.Score, OnnxElementType.Float, (long?)null);
        }
        else
        {
            var classes = signature.Labels!.Count;
            var index = graph.Cast(graph.ArgMax(scores, axis: 1, keepDimensions: false), OnnxElementType.Float);
            graph.Output(scores, HelperColumns.BatchScores, OnnxElementType.Float, null, classes);
            graph.Output(graph.Reshape(scores, -1), HelperColumns.RowScores, OnnxElementType.Float, classes);
            graph.Output(index, HelperColumns.ClassIndex, OnnxElementType.Float, (long?)null);
            if (signature.Labels.Names is { } names)
                graph.SlotNames(HelperColumns.RowScores, names);
        }
        ComponentMetadata.Write(graph, model, signature.Task);
        return graph.Build();
    }

    /// <summary>The graph for other runtimes: outputs are named after the prediction columns.</summary>
    public static OnnxGraph ForExport(PredictionModel model, PredictionSignature signature)
    {
        ExportedNames.Check(signature.InputNames, OutputsOf(signature.Task));
        var graph = Start(model, signature, out var scores);
        var classes = signature.Labels?.Count ?? 1;
        graph.Output(scores, "Score", OnnxElementType.Float, null, classes);
        if (signature.Task == PredictionTask.BinaryClassification)
        {
            // In double and spelled out: ONNX Runtime approximates the float sigmoid, and its double one is 0 below about -37.
            var one = graph.Constant(1.0);
            var probability = graph.Cast(graph.Div(one, graph.Add(one, graph.Exp(graph.Neg(graph.Cast(scores, OnnxElementType.Double))))), OnnxElementType.Float);
            graph.Output(probability, "Probability", OnnxElementType.Float, null, 1);
            graph.Output(graph.Greater(scores, graph.Constant(0f)), "PredictedLabel", OnnxElementType.Bool, null, 1);
        }
        else if (signature.Task == PredictionTask.MulticlassClassification)
        {
            var index = graph.ArgMax(scores, axis: 1, keepDimensions: true);
            if (signature.Labels!.Names is { } names)
                graph.Output(graph.Gather(graph.Constant([.. names], names.Length), index), "PredictedLabel", OnnxElementType.String, null, 1);
            else
                graph.Output(index, "PredictedLabel", OnnxElementType.Int64, null, 1);
        }
        ComponentMetadata.Write(graph, model, signature.Task);
        return graph.Build();
    }

    private static string[] OutputsOf(PredictionTask task) => task switch
    {
        PredictionTask.Regression => ["Score"],
        PredictionTask.BinaryClassification => ["Score", "Probability", "PredictedLabel"],
        _ => ["Score", "PredictedLabel"],
    };

    private static OnnxGraphBuilder Start(PredictionModel model, PredictionSignature signature, out OnnxValue scores)
    {
        var graph = new OnnxGraphBuilder(model.GetType().Name);
        var features = graph.Input(signature.FeatureColumnName, OnnxElementType.Float, null, signature.FeatureCount);
        if (model.CategoryCounts.Count != signature.Categories.Count)
            throw new InvalidOperationException($"{model.GetType().Name} has {model.CategoryCounts.Count} categorical columns; expected {signature.Categories.Count}, as in the training data.");
        var categories = signature.Categories.Zip(model.CategoryCounts, (category, count) => category.AddTo(graph, count));
        scores = graph.Cast(model.BuildScores(graph, features, [.. categories], signature.Task), OnnxElementType.Float);
        return graph;
    }
}
