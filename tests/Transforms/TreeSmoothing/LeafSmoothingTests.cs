using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>FastTree's smoothing in two passes is what its definition says, and so is its transpose, for trees of any depth.</summary>
public sealed class LeafSmoothingTests
{
    private const double Smoothing = 0.3;

    [Theory, InlineData(1), InlineData(2), InlineData(7), InlineData(40), InlineData(300)]
    public void Leaves_are_smoothed_towards_their_ancestors(int leaves)
    {
        Random random = new(leaves);
        var tree = Grow(leaves, random);
        // Some leaves without rows, and with them nodes.
        int[] counts = [.. Enumerable.Range(0, leaves).Select(_ => Math.Max(0, random.Next(6) - 2))];
        double[] values = Values(leaves, random), others = Values(leaves, random);
        var expected = ByDefinition(tree, counts, values);

        LeafSmoothing smoothing = new(tree, counts, Smoothing);
        double[] smoothed = [.. values], transposed = [.. others];
        smoothing.Apply(smoothed);
        smoothing.ApplyTransposed(transposed);
        Assert.All(expected.Zip(smoothed), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.Equal(Dot(smoothed, others), Dot(values, transposed), 1e-10);
        Assert.True(leaves == 1 || !smoothed.SequenceEqual(values));
    }

    /// <summary>60,000 leaves one below the other: a matrix of all pairs would take 29 GB, and a recursion a deep stack.</summary>
    [Fact]
    public void A_large_deep_tree_takes_no_matrix()
    {
        const int Leaves = 60_000;
        var nodes = Enumerable.Range(0, Leaves - 1);
        DecisionTree tree = new(
            new int[Leaves - 1], new float[Leaves - 1], [.. nodes.Select(node => ~node)], [.. nodes.Select(node => node == Leaves - 2 ? ~(Leaves - 1) : node + 1)]);
        int[] counts = [.. Enumerable.Repeat(1, Leaves)];
        double[] values = [.. Enumerable.Repeat(2.0, Leaves)];
        LeafSmoothing smoothing = new(tree, counts, Smoothing);
        smoothing.Apply(values);
        // Means of equal values are equal.
        Assert.All(values, value => Assert.Equal(2, value, 1e-9));
        smoothing.ApplyTransposed(values);
        Assert.Equal(2.0 * Leaves, values.Sum(), 1e-3);
    }

    // The definition, with the leaves of each node collected anew.
    private static double[] ByDefinition(DecisionTree tree, int[] counts, double[] values)
    {
        if (tree.NodeCount == 0)
            return values;
        var smoothed = new double[values.Length];
        Descend(0, MeanOf(0));
        return smoothed;

        void Descend(int node, double value)
        {
            if (node < 0)
            {
                smoothed[~node] = value;
                return;
            }
            foreach (var child in new[] { tree.Down[node], tree.Up[node] })
                Descend(child, ((1 - Smoothing) * MeanOf(child)) + (Smoothing * value));
        }

        double MeanOf(int node)
        {
            if (node < 0)
                return values[~node];
            var leaves = LeavesBelow(node).ToArray();
            double total = leaves.Sum(leaf => counts[leaf]);
            return total > 0 ? leaves.Sum(leaf => counts[leaf] * values[leaf]) / total : 0;
        }

        IEnumerable<int> LeavesBelow(int node) => node < 0 ? [~node] : LeavesBelow(tree.Down[node]).Concat(LeavesBelow(tree.Up[node]));
    }

    // Splits a random leaf until there are enough; nodes are not in the order of their depth.
    private static DecisionTree Grow(int leaves, Random random)
    {
        var (down, up) = (new int[leaves - 1], new int[leaves - 1]);
        List<(int Node, bool IsUp)> open = [];
        // The root is node 0; the others are numbered from the last.
        for (var made = 0; made < leaves - 1; made++)
        {
            var node = made == 0 ? 0 : leaves - 1 - made;
            if (made > 0)
            {
                var place = random.Next(open.Count);
                var (parent, isUp) = open[place];
                (isUp ? up : down)[parent] = node;
                open.RemoveAt(place);
            }
            open.AddRange([(node, false), (node, true)]);
        }
        for (var leaf = 0; leaf < open.Count; leaf++)
            (open[leaf].IsUp ? up : down)[open[leaf].Node] = ~leaf;
        return new DecisionTree(new int[leaves - 1], new float[leaves - 1], down, up);
    }

    private static double[] Values(int count, Random random) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
