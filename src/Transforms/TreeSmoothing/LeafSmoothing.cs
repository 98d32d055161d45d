namespace MLExtensions.Transforms;

/// <summary>
/// FastTree's smoothing of a tree's leaf values: a node's value u is the mean of its leaves' values by count of rows; from the root down,
/// f(node) = (1 - c) u(node) + c f(parent), f(root) = u(root), and a leaf's smoothed value is its f.
/// </summary>
/// <remarks>One pass up and one down: time and memory grow with the number of leaves, however deep the tree is.</remarks>
internal sealed class LeafSmoothing
{
    private const int OnStack = 256;

    private readonly DecisionTree _tree;
    private readonly double _smoothing;
    private readonly int[] _fromRoot;
    private readonly double[] _downShares;
    private readonly double[] _upShares;

    /// <summary>Takes the shares of rows that go down and up at each node.</summary>
    /// <param name="tree">The splits.</param>
    /// <param name="counts">In-bag rows of each leaf.</param>
    /// <param name="smoothing">c.</param>
    public LeafSmoothing(DecisionTree tree, int[] counts, double smoothing)
    {
        (_tree, _smoothing, _fromRoot) = (tree, smoothing, FromRoot(tree));
        (_downShares, _upShares) = (new double[tree.NodeCount], new double[tree.NodeCount]);
        var rows = new long[tree.NodeCount];
        long RowsOf(int child) => child < 0 ? counts[~child] : rows[child];
        foreach (var node in _fromRoot.Reverse())
        {
            var (down, up) = (RowsOf(tree.Down[node]), RowsOf(tree.Up[node]));
            rows[node] = down + up;
            // A wrong training table leaves nodes without rows; their value is 0.
            if (rows[node] > 0)
                (_downShares[node], _upShares[node]) = ((double)down / rows[node], (double)up / rows[node]);
        }
    }

    /// <summary>Smooths the values of the leaves.</summary>
    public void Apply(Span<double> values)
    {
        Span<double> nodes = _tree.NodeCount <= OnStack ? stackalloc double[_tree.NodeCount] : new double[_tree.NodeCount];
        for (var i = _fromRoot.Length - 1; i >= 0; i--)
        {
            var node = _fromRoot[i];
            nodes[node] = (_downShares[node] * At(_tree.Down[node], nodes, values)) + (_upShares[node] * At(_tree.Up[node], nodes, values));
        }
        foreach (var node in _fromRoot)
        {
            Smooth(ref At(_tree.Down[node], nodes, values), nodes[node]);
            Smooth(ref At(_tree.Up[node], nodes, values), nodes[node]);
        }
    }

    /// <summary>The transpose of <see cref="Apply"/>: the same steps, each transposed, from the last to the first.</summary>
    public void ApplyTransposed(Span<double> values)
    {
        Span<double> nodes = _tree.NodeCount <= OnStack ? stackalloc double[_tree.NodeCount] : new double[_tree.NodeCount];
        for (var i = _fromRoot.Length - 1; i >= 0; i--)
        {
            var node = _fromRoot[i];
            ref var down = ref At(_tree.Down[node], nodes, values);
            ref var up = ref At(_tree.Up[node], nodes, values);
            nodes[node] = _smoothing * (down + up);
            down *= 1 - _smoothing;
            up *= 1 - _smoothing;
        }
        foreach (var node in _fromRoot)
        {
            At(_tree.Down[node], nodes, values) += _downShares[node] * nodes[node];
            At(_tree.Up[node], nodes, values) += _upShares[node] * nodes[node];
        }
    }

    private void Smooth(ref double value, double parent) => value = ((1 - _smoothing) * value) + (_smoothing * parent);

    // The value of a child: a node's, or a leaf's.
    private static ref double At(int child, Span<double> nodes, Span<double> leaves) => ref child < 0 ? ref leaves[~child] : ref nodes[child];

    // All nodes, each before its children.
    private static int[] FromRoot(DecisionTree tree)
    {
        List<int> nodes = tree.NodeCount == 0 ? [] : [0];
        for (var i = 0; i < nodes.Count; i++)
        {
            if (tree.Down[nodes[i]] is >= 0 and var down)
                nodes.Add(down);
            if (tree.Up[nodes[i]] is >= 0 and var up)
                nodes.Add(up);
        }
        return [.. nodes];
    }
}
