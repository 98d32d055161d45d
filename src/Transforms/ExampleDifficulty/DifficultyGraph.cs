using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Torch;

namespace MLExtensions.Transforms;

/// <summary>Scores of labelled rows by several networks, as a graph: definitions of the paper, section 2, on [R, N, K] probabilities.</summary>
/// <param name="networks">The networks: those of the first run after each epoch that scores, those of the second run, and so on.</param>
/// <param name="runs">Number of runs R.</param>
/// <param name="score">The score.</param>
internal sealed class DifficultyGraph(IReadOnlyList<DenseNetwork> networks, int runs, DifficultyScore score)
{
    private readonly DenseEnsemble _ensemble = new(networks);

    private int Classes => networks[0].OutputCount;

    /// <summary>Adds the scores to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="features">The features, a float tensor [N, d].</param>
    /// <param name="categories">The categories, one int64 tensor [N] a categorical column.</param>
    /// <param name="labels">The labels, int64 [N]: 1 to K, 0 for a missing one.</param>
    public Result Build(OnnxGraphBuilder graph, OnnxValue features, IReadOnlyList<OnnxValue> categories, OnnxValue labels)
    {
        var pass = _ensemble.Forward(graph, features, categories);
        var probabilities = graph.Softmax(pass.Outputs);
        var scores = graph.Reshape(Scores(graph, pass, probabilities, OneHot(graph, labels)), runs, networks.Count / runs, -1);
        var byRun = graph.ReduceMean(scores, [1], keepDimensions: false);
        var mean = graph.ReduceMean(byRun, [0], keepDimensions: false);
        var meanProbabilities = graph.ReduceMean(probabilities, [0], keepDimensions: false);
        var (suggested, confidence) = (graph.ArgMax(meanProbabilities), graph.ReduceMax(meanProbabilities, [1], keepDimensions: false));
        var unscored = graph.Equal(labels, graph.Constant(0L));
        if (pass.Missing is { } anyMissing)
        {
            var missing = graph.Squeeze(anyMissing, 1);
            unscored = graph.Or(unscored, missing);
            (suggested, confidence) = (graph.Where(missing, graph.Constant(-1L), suggested), graph.Where(missing, graph.Constant(double.NaN), confidence));
        }
        OnnxValue Scored(OnnxValue value) => graph.Where(unscored, graph.Constant(double.NaN), value);
        return new(Scored(mean), Scored(Deviation(graph, byRun, mean)), suggested, confidence);
    }

    // [R, N, 1]; e_y is [N, K].
    private OnnxValue Scores(OnnxGraphBuilder graph, DenseEnsemble.Pass pass, OnnxValue probabilities, OnnxValue oneHot)
    {
        // The error of the labelled class is minus the sum of the others: 1 - p has lost its digits where p is near 1.
        var others = graph.Mul(probabilities, graph.Sub(graph.Constant(1d), oneHot));
        var sum = graph.ReduceSum(others, [-1]);
        var own = graph.ReduceSum(graph.Mul(probabilities, oneHot), [-1]);
        return score switch
        {
            // Forgetting is counted in training; what such networks say of rows afterwards is not used.
            DifficultyScore.EL2N or DifficultyScore.Forgetting => graph.Sqrt(DenseEnsemble.SquaredNorm(graph, graph.Concat(2, others, sum))),
            DifficultyScore.EL1N => graph.Mul(sum, graph.Constant(2d)),
            DifficultyScore.MaxMargin => graph.Sub(graph.ReduceMax(others, [-1]), own),
            DifficultyScore.SumMargin => graph.Sub(sum, graph.Mul(own, graph.Constant(Classes - 1d))),
            DifficultyScore.CrossEntropy => CrossEntropy(graph, pass.Outputs, oneHot, sum),
            _ => graph.Sqrt(_ensemble.SquaredGradientNorms(graph, pass, graph.Sub(others, graph.Mul(oneHot, sum)), headOnly: score == DifficultyScore.GraNdLastLayer)),
        };
    }

    private OnnxValue OneHot(OnnxGraphBuilder graph, OnnxValue labels)
        => graph.Cast(graph.Equal(graph.Unsqueeze(labels, 1), graph.Constant([.. Enumerable.Range(1, Classes).Select(label => (long)label)], 1, Classes)), OnnxElementType.Double);

    // -ln p is the sum s of the other probabilities where that is so small that ln(1 - s) has lost its digits, and it comes from the logits where p is so small that it is 0.
    private static OnnxValue CrossEntropy(OnnxGraphBuilder graph, OnnxValue logits, OnnxValue oneHot, OnnxValue sum)
    {
        const double Small = 1e-3;
        var series = graph.Mul(sum, graph.Add(graph.Constant(1d), graph.Mul(sum, graph.Add(graph.Constant(0.5), graph.Mul(sum, graph.Constant(1d / 3))))));
        var logarithm = graph.Neg(graph.ReduceSum(graph.Mul(graph.LogSoftmax(logits), oneHot), [-1]));
        return graph.Where(graph.Less(sum, graph.Constant(Small)), series, graph.Clip(logarithm, null, graph.Constant(ProbabilityScores.LargestCrossEntropy)));
    }

    // Of a sample of runs; a single one says nothing about it.
    private OnnxValue Deviation(OnnxGraphBuilder graph, OnnxValue byRun, OnnxValue mean)
    {
        if (runs == 1)
            return graph.Mul(mean, graph.Constant(double.NaN));
        var distances = graph.Sub(byRun, mean);
        return graph.Sqrt(graph.Mul(graph.ReduceSum(graph.Mul(distances, distances), [0], keepDimensions: false), graph.Constant(1d / (runs - 1))));
    }

    /// <summary>What the graph says of each row.</summary>
    /// <param name="Difficulty">Mean score over the runs, double [N]; NaN for rows that are not scored.</param>
    /// <param name="Deviation">Standard deviation of the runs' scores, double [N]; NaN for rows that are not scored and for a single run.</param>
    /// <param name="Suggested">Index of the class with the largest mean probability, int64 [N]; -1 for rows without features.</param>
    /// <param name="Confidence">That probability, double [N].</param>
    public sealed record Result(OnnxValue Difficulty, OnnxValue Deviation, OnnxValue Suggested, OnnxValue Confidence);
}
