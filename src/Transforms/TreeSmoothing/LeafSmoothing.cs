namespace MLExtensions.Transforms;

/// <summary>
/// FastTree's smoothing of leaves, as a matrix on a tree's leaf values: a node's value u is the mean of its leaves' values by count of rows; from the root down,
/// f(node) = (1 - c) u(node) + c f(parent), f(root) = u(root), and a leaf's smoothed value is its f.
/// </summary>
internal static class LeafSmoothing
{
    /// <summary>The matrix [leaves, leaves].</summary>
    /// <param name="tree">The splits.</param>
    /// <param name="counts">In-bag rows of each leaf.</param>
    /// <param name="smoothing">c.</param>
    public static double[] Matrix(DecisionTree tree, int[] counts, double smoothing)
    {
        var matrix = new double[tree.LeafCount * tree.LeafCount];
        if (tree.NodeCount == 0)
        {
            matrix[0] = 1;
            return matrix;
        }
        Descend(0, MeanOf(0), isRoot: true);
        return matrix;

        void Descend(int node, double[] parent, bool isRoot)
        {
            var own = MeanOf(node);
            var mixed = isRoot ? own : [.. own.Zip(parent, (u, f) => ((1 - smoothing) * u) + (smoothing * f))];
            if (node < 0)
            {
                mixed.CopyTo(matrix, ~node * tree.LeafCount);
                return;
            }
            Descend(tree.Down[node], mixed, isRoot: false);
            Descend(tree.Up[node], mixed, isRoot: false);
        }

        // The weights of the leaves in a node's value.
        double[] MeanOf(int node)
        {
            var weights = new double[tree.LeafCount];
            if (node < 0)
            {
                weights[~node] = 1;
                return weights;
            }
            Collect(node, weights);
            var total = weights.Sum();
            return [.. weights.Select(weight => total > 0 ? weight / total : 0)];
        }

        void Collect(int node, double[] weights)
        {
            if (node < 0)
            {
                weights[~node] = counts[~node];
                return;
            }
            Collect(tree.Down[node], weights);
            Collect(tree.Up[node], weights);
        }
    }
}
