using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Transforms;

/// <content>The forward pass.</content>
public sealed partial class TreeSmoothingModel
{
    // A batch of 1,024 rows takes 16 bytes for each entry.
    private const int PairsTogether = 2048;
    private const int TrainingRowsTogether = 4096;

    /// <inheritdoc/>
    public override IReadOnlyList<OnnxValue> BuildOutputs(OnnxGraphBuilder graph, IReadOnlyList<OnnxValue> inputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(inputs);
        var leaves = TreeRouting.LeavesOf(graph, inputs[0], _trees, _offsets, Inputs[0].Width);
        var slope = Slope(graph, leaves);
        OnnxValue Predicted(OnnxValue score) => slope is null ? score : graph.Mul(score, slope);
        var leverage = Predicted(Predicted(Leverage(graph, leaves)));
        var zero = graph.Constant(0d);
        // A score that no label moves has no rows behind it.
        var neighbours = graph.Where(graph.Greater(leverage, zero), graph.Div(graph.Constant(1d), leverage), zero);
        var weightSum = Predicted(graph.ReduceSum(graph.Gather(graph.Constant(_rowSums), leaves), [1]));
        List<OnnxValue> outputs = [neighbours, leverage, weightSum];
        if (_options.NoiseVariance is { } variance)
            outputs.Add(graph.Mul(leverage, graph.Constant(variance)));
        if (_topRows is not null)
        {
            var (rows, weights) = TopRows(graph, leaves);
            outputs.AddRange([rows, Predicted(weights)]);
        }
        return outputs;
    }

    // [N, 1]: sigma p (1 - p) where predictions are probabilities; otherwise nothing.
    private OnnxValue? Slope(OnnxGraphBuilder graph, OnnxValue leaves)
    {
        if (_slopeValues.Length == 0)
            return null;
        var p = graph.Sigmoid(graph.ReduceSum(graph.Gather(graph.Constant(_slopeValues.AsSpan(0, _offsets[^1])), leaves), [1]));
        return graph.Mul(graph.Constant(_slopeValues[^1]), graph.Mul(p, graph.Sub(graph.Constant(1d), p)));
    }

    // The sum of G over all pairs of a row's leaves. Leaf numbers grow with the trees, so that the pair (p, q) of a later tree's p lies in the lower triangle.
    private OnnxValue Leverage(OnnxGraphBuilder graph, OnnxValue leaves)
    {
        var gram = graph.Constant(_gram);
        var rowStarts = graph.Constant([.. Enumerable.Range(0, _offsets[^1]).Select(row => (long)row * (row + 1) / 2)]);
        var treesTogether = Math.Max(1, PairsTogether / _trees.Length);
        OnnxValue? total = null;
        for (var first = 0; first < _trees.Length; first += treesTogether)
        {
            var end = Math.Min(first + treesTogether, _trees.Length);
            var rows = graph.Slice(leaves, [first], [end], [1]);
            var later = graph.Unsqueeze(rows, 2);
            var sum = SumOf(graph, gram, rowStarts, graph.Max(later, graph.Unsqueeze(rows, 1)), graph.Min(later, graph.Unsqueeze(rows, 1)));
            if (first > 0)
            {
                var cross = SumOf(graph, gram, rowStarts, later, graph.Unsqueeze(graph.Slice(leaves, [0], [first], [1]), 1));
                sum = graph.Add(sum, graph.Add(cross, cross));
            }
            total = total is null ? sum : graph.Add(total, sum);
        }
        return total!;
    }

    // [N, 1]: the sum of the triangle's entries over [N, trees, trees].
    private static OnnxValue SumOf(OnnxGraphBuilder graph, OnnxValue gram, OnnxValue rowStarts, OnnxValue later, OnnxValue earlier)
    {
        var entries = graph.Gather(gram, graph.Add(graph.Gather(rowStarts, later), earlier));
        return graph.ReduceSum(graph.ReduceSum(entries, [2], keepDimensions: false), [1]);
    }

    // s_j(x) = sum over trees of b_t[j] a[leaf of j], a = the combination of leaf sums that makes the score; the largest of a run of training rows at a time.
    private (OnnxValue Rows, OnnxValue Weights) TopRows(OnnxGraphBuilder graph, OnnxValue leaves)
    {
        var (top, count) = (_topRows!, _options.NumberOfTopRows);
        var combination = Combination(graph, leaves);
        List<OnnxValue> numbers = [], weights = [];
        for (var first = 0; first < TrainRowCount; first += TrainingRowsTogether)
        {
            var rows = Math.Min(TrainingRowsTogether, TrainRowCount - first);
            var (places, largest) = LargestOf(graph, WeightsOf(graph, combination, first, rows), Math.Min(count, rows));
            numbers.Add(graph.Gather(graph.Constant([.. top.RowNumbers.AsSpan(first, rows).ToArray().Select(number => (long)number)]), places));
            weights.Add(largest);
        }
        var (best, bestWeights) = LargestOf(graph, graph.Concat(1, [.. weights]), count);
        return (graph.Node("GatherElements", [graph.Concat(1, [.. numbers]), best], new OnnxAttribute("axis", 1)), bestWeights);
    }

    // [N, P + 1]; the last entry is 0, for rows out of the bag.
    private OnnxValue Combination(OnnxGraphBuilder graph, OnnxValue leaves)
    {
        var (shares, total) = (_topRows!.Shares, _offsets[^1]);
        var isForest = shares.Length == total;
        var table = isForest ? graph.Constant(shares) : graph.Constant(shares, total, total);
        var positions = graph.Constant([.. Enumerable.Range(0, total).Select(leaf => (long)leaf)]);
        OnnxValue? sum = null;
        for (var tree = 0; tree < _trees.Length; tree++)
        {
            var leaf = graph.Slice(leaves, [tree], [tree + 1], [1]);
            var part = isForest
                ? graph.Where(graph.Equal(positions, leaf), graph.Gather(table, leaf), graph.Constant(0d))
                : graph.Squeeze(graph.Gather(table, leaf), 1);
            sum = sum is null ? part : graph.Add(sum, part);
        }
        var zero = graph.Mul(graph.Slice(sum!, [0], [1], [1]), graph.Constant(0d));
        return graph.Concat(1, sum!, zero);
    }

    // [N, rows]: the weights of a run of training rows.
    private OnnxValue WeightsOf(OnnxGraphBuilder graph, OnnxValue combination, int first, int rows)
    {
        var top = _topRows!;
        var start = _trees.Length - top.Leaves.Length;
        OnnxValue? sum = null;
        for (var tree = 0; tree < top.Leaves.Length; tree++)
        {
            var (offset, leaves, bag) = (_offsets[start + tree], top.Leaves[tree], top.Bags?[tree]);
            var places = new int[rows];
            for (var i = 0; i < rows; i++)
                places[i] = bag is null || bag[first + i] > 0 ? offset + leaves[first + i] : _offsets[^1];
            var part = graph.Gather(combination, graph.Constant(places), axis: 1);
            if (bag is not null && bag.AsSpan(first, rows).ContainsAnyExcept((byte)0, (byte)1))
                part = graph.Mul(part, graph.Constant([.. bag.AsSpan(first, rows).ToArray().Select(times => (double)times)]));
            sum = sum is null ? part : graph.Add(sum, part);
        }
        var weights = Times(graph, sum!, top.RowFactors, first, rows);
        return start == 0 ? weights : graph.Add(weights, Times(graph, graph.Gather(combination, graph.Constant(new int[rows]), axis: 1), top.StartFactors, first, rows));
    }

    private static OnnxValue Times(OnnxGraphBuilder graph, OnnxValue weights, double[] factors, int first, int rows)
        => factors.Length == 0 ? weights : graph.Mul(weights, graph.Constant(factors.AsSpan(first, rows)));

    // Positions and values of the entries that are largest in magnitude.
    private static (OnnxValue Places, OnnxValue Values) LargestOf(OnnxGraphBuilder graph, OnnxValue values, int count)
    {
        var places = graph.Node("", "TopK", [graph.Abs(values), graph.Constant([(long)count])], 2, new OnnxAttribute("axis", 1))[1];
        return (places, graph.Node("GatherElements", [values, places], new OnnxAttribute("axis", 1)));
    }
}
