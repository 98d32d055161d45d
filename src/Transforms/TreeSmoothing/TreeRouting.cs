using MLExtensions.Estimators.Onnx;

namespace MLExtensions.Transforms;

/// <summary>The leaves that rows reach, as one ONNX operator: a tree ensemble with a target for each tree, whose value in a leaf is the leaf's number among all leaves.</summary>
internal static class TreeRouting
{
    /// <summary>Adds the routing.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="features">[N, features].</param>
    /// <param name="trees">The trees; their splits become one operator.</param>
    /// <param name="offsets">The number of each tree's first leaf.</param>
    /// <param name="featureCount">Number of features.</param>
    /// <returns>Int64 [N, trees].</returns>
    public static OnnxValue LeavesOf(OnnxGraphBuilder graph, OnnxValue features, IReadOnlyList<DecisionTree> trees, ReadOnlySpan<int> offsets, int featureCount)
    {
        var nodes = new Nodes(featureCount);
        for (var tree = 0; tree < trees.Count; tree++)
            nodes.Add(tree, trees[tree], offsets[tree]);
        var inputs = nodes.Categories.Count == 0 ? features : graph.Concat(1, features, InCategories(graph, features, nodes.Categories, featureCount));
        var leaves = graph.Node("ai.onnx.ml", "TreeEnsembleRegressor", [inputs], 1, nodes.Attributes(trees.Count))[0];
        return graph.Cast(leaves, OnnxElementType.Int64);
    }

    // For each categorical split how many of its features are above 0.
    private static OnnxValue InCategories(OnnxGraphBuilder graph, OnnxValue features, List<int[]> categories, int featureCount)
    {
        var members = new float[featureCount * categories.Count];
        for (var split = 0; split < categories.Count; split++)
        {
            foreach (var feature in categories[split])
                members[(feature * categories.Count) + split] = 1;
        }
        var isSet = graph.Cast(graph.Greater(features, graph.Constant(0f)), OnnxElementType.Float);
        return graph.MatMul(isSet, graph.Constant(members, featureCount, categories.Count));
    }

    private sealed class Nodes(int featureCount)
    {
        private readonly List<long> _treeIds = [];
        private readonly List<long> _nodeIds = [];
        private readonly List<long> _features = [];
        private readonly List<float> _thresholds = [];
        private readonly List<string> _modes = [];
        private readonly List<long> _downs = [];
        private readonly List<long> _ups = [];
        private readonly List<long> _missingGoesDown = [];
        private readonly List<long> _leafTrees = [];
        private readonly List<long> _leafNodes = [];
        private readonly List<float> _leafNumbers = [];

        /// <summary>The features of each categorical split.</summary>
        public List<int[]> Categories { get; } = [];

        public void Add(int treeId, DecisionTree tree, int offset)
        {
            for (var node = 0; node < tree.NodeCount; node++)
            {
                var (feature, threshold) = ((long)tree.Features[node], tree.Thresholds[node]);
                if (tree.CategoriesOf(node) is { } listed)
                {
                    (feature, threshold) = (featureCount + Categories.Count, 0);
                    Categories.Add(listed);
                }
                AddNode(treeId, node, "BRANCH_LEQ", feature, threshold, IdOf(tree, tree.Down[node]), IdOf(tree, tree.Up[node]), tree.MissingGoesDown(node));
            }
            for (var leaf = 0; leaf < tree.LeafCount; leaf++)
            {
                AddNode(treeId, IdOf(tree, ~leaf), "LEAF", 0, 0, 0, 0, false);
                _leafTrees.Add(treeId);
                _leafNodes.Add(IdOf(tree, ~leaf));
                _leafNumbers.Add(offset + leaf);
            }
        }

        public OnnxAttribute[] Attributes(int targets) =>
        [
            new("nodes_treeids", [.. _treeIds]), new("nodes_nodeids", [.. _nodeIds]), new("nodes_featureids", [.. _features]), new("nodes_values", [.. _thresholds]),
            new("nodes_modes", [.. _modes]), new("nodes_truenodeids", [.. _downs]), new("nodes_falsenodeids", [.. _ups]), new("nodes_missing_value_tracks_true", [.. _missingGoesDown]),
            new("target_treeids", [.. _leafTrees]), new("target_nodeids", [.. _leafNodes]), new("target_ids", [.. _leafTrees]), new("target_weights", [.. _leafNumbers]),
            new("n_targets", targets), new("aggregate_function", "SUM"), new("post_transform", "NONE"),
        ];

        // Nodes first, then leaves.
        private static long IdOf(DecisionTree tree, int child) => child >= 0 ? child : tree.NodeCount + ~child;

        private void AddNode(long tree, long id, string mode, long feature, float threshold, long down, long up, bool missingGoesDown)
        {
            _treeIds.Add(tree);
            _nodeIds.Add(id);
            _modes.Add(mode);
            _features.Add(feature);
            _thresholds.Add(threshold);
            _downs.Add(down);
            _ups.Add(up);
            _missingGoesDown.Add(missingGoesDown ? 1 : 0);
        }
    }
}
