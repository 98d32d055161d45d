using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Torch;
using MLExtensions.Tests.Onnx;
using MLExtensions.Trainers;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.ExampleDifficulty;

/// <summary>Networks put together by hand, and what the graph of scores says of rows.</summary>
internal static class Scoring
{
    /// <summary>A network on features as they are.</summary>
    public static DenseNetwork Network(int features, bool replacesMissing, params DenseLayer[] layers)
        => new(new FeatureScaling(new double[features], [.. Enumerable.Repeat(1d, features)], replacesMissing, []), [], layers);

    /// <summary>A network whose outputs are its features.</summary>
    public static DenseNetwork Identity(int classes, float factor = 1)
        => Network(classes, true, new DenseLayer(classes, [.. Enumerable.Range(0, classes * classes).Select(i => i % (classes + 1) == 0 ? factor : 0)], new float[classes]));

    /// <summary>The results for rows of features and labels from 1, 0 for a missing one.</summary>
    public static (double[] Difficulty, double[] Deviation, long[] Suggested, double[] Confidence) Run(
        IReadOnlyList<DenseNetwork> networks, DifficultyScore score, float[] x, long[] labels, int? runs = null)
    {
        OnnxGraphBuilder graph = new("test");
        var result = new DifficultyGraph(networks, runs ?? networks.Count, score)
            .Build(graph, graph.Input("x", OnnxElementType.Float, null, networks[0].Scaling.FeatureCount), [], graph.Input("y", OnnxElementType.Int64, (long?)null));
        graph.Output(result.Difficulty, "difficulty", OnnxElementType.Double, (long?)null);
        graph.Output(result.Deviation, "deviation", OnnxElementType.Double, (long?)null);
        graph.Output(result.Suggested, "suggested", OnnxElementType.Int64, (long?)null);
        graph.Output(result.Confidence, "confidence", OnnxElementType.Double, (long?)null);
        using OnnxRun run = new(graph.Build());
        run.Feed("x", x, labels.Length, networks[0].Scaling.FeatureCount).Feed("y", labels, labels.Length);
        return (run.Get<double>("difficulty"), run.Get<double>("deviation"), run.Get<long>("suggested"), run.Get<double>("confidence"));
    }
}
