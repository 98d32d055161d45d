using MLExtensions.Transforms;

namespace MLExtensions.Benchmarks;

/// <summary>
/// A least-squares regression tree that is grown best leaf first, until its leaves are pure or enough, with features drawn anew at every split: the trees of the papers' simulations, which ML.NET's trainers cannot
/// grow (a bootstrap with replacement, ties between features broken at random).
/// </summary>
internal sealed class RandomizedCart
{
    private readonly float[][] _x;
    private readonly double[] _y;
    private readonly byte[] _counts;
    private readonly int _featuresPerSplit;
    private readonly Random _random;
    private readonly List<int> _features = [];
    private readonly List<float> _thresholds = [];
    private readonly List<int> _down = [];
    private readonly List<int> _up = [];
    private RandomizedCart(float[][] x, double[] y, byte[] counts, int featuresPerSplit, Random random)
        => (_x, _y, _counts, _featuresPerSplit, _random) = (x, y, counts, featuresPerSplit, random);

    /// <summary>Grows a tree.</summary>
    /// <param name="x">Features of each row.</param>
    /// <param name="y">Labels.</param>
    /// <param name="counts">How often each row is in the tree's sample.</param>
    /// <param name="featuresPerSplit">Features to choose from at each split; one that cannot split is replaced by another.</param>
    /// <param name="leaves">Most leaves.</param>
    /// <param name="random">Draws the features.</param>
    public static DecisionTree Grow(float[][] x, double[] y, byte[] counts, int featuresPerSplit, int leaves, Random random)
    {
        RandomizedCart cart = new(x, y, counts, featuresPerSplit, random);
        cart.Grow([.. Enumerable.Range(0, x.Length).Where(row => counts[row] > 0)], leaves);
        return new DecisionTree([.. cart._features], [.. cart._thresholds], [.. cart._down], [.. cart._up]);
    }

    // A leaf that can still be split, and the place that refers to it: the child of a node, or nothing for the root.
    private sealed record Leaf(int Number, int[] Rows, Split Split, List<int>? Children, int Node);

    private sealed record Split(int Feature, float Threshold, double Gain);

    private void Grow(int[] rows, int leaves)
    {
        var open = new PriorityQueue<Leaf, double>();
        var count = 1;
        Offer(open, 0, rows, null, 0);
        while (count < leaves && open.TryDequeue(out var leaf, out _))
        {
            var node = _features.Count;
            if (leaf.Children is not null)
                leaf.Children[leaf.Node] = node;
            _features.Add(leaf.Split.Feature);
            _thresholds.Add(leaf.Split.Threshold);
            _down.Add(~leaf.Number);
            _up.Add(~count);
            Offer(open, leaf.Number, [.. leaf.Rows.Where(row => _x[row][leaf.Split.Feature] <= leaf.Split.Threshold)], _down, node);
            Offer(open, count++, [.. leaf.Rows.Where(row => _x[row][leaf.Split.Feature] > leaf.Split.Threshold)], _up, node);
        }
    }

    private void Offer(PriorityQueue<Leaf, double> open, int number, int[] rows, List<int>? children, int node)
    {
        if (rows.Length > 1 && BestSplit(rows) is { } split)
            open.Enqueue(new Leaf(number, rows, split, children, node), -split.Gain);
    }

    private Split? BestSplit(int[] rows)
    {
        var features = Enumerable.Range(0, _x[0].Length).ToArray();
        _random.Shuffle(features);
        double weight = rows.Sum(row => (double)_counts[row]), sum = rows.Sum(row => _counts[row] * _y[row]);
        Split? best = null;
        var tried = 0;
        foreach (var feature in features)
        {
            if (tried == _featuresPerSplit)
                break;
            if (BestThreshold(rows, feature) is not { } found)
                continue;
            tried++;
            // How much less squared error than without the split. Features that are equally good but for rounding: the first, that is any.
            var gain = found.Gain - (sum * sum / weight);
            if (best is null || gain > best.Gain + (1e-12 * Math.Abs(found.Gain)))
                best = new Split(feature, found.Threshold, gain);
        }
        return best;
    }

    // Sum of squared sums over weights of both sides: the largest leaves the least squared error.
    private (double Gain, float Threshold)? BestThreshold(int[] rows, int feature)
    {
        int[] sorted = [.. rows.OrderBy(row => _x[row][feature])];
        double total = sorted.Sum(row => _counts[row] * _y[row]), weight = sorted.Sum(row => (double)_counts[row]), sum = 0, below = 0;
        (double Gain, float Threshold)? best = null;
        for (var i = 0; i + 1 < sorted.Length; i++)
        {
            sum += _counts[sorted[i]] * _y[sorted[i]];
            below += _counts[sorted[i]];
            var (low, high) = (_x[sorted[i]][feature], _x[sorted[i + 1]][feature]);
            var gain = (sum * sum / below) + ((total - sum) * (total - sum) / (weight - below));
            if (low < high && gain > (best?.Gain ?? double.NegativeInfinity))
                best = (gain, low + ((high - low) / 2) is var middle && middle < high ? middle : low);
        }
        return best;
    }
}
