namespace MLExtensions.Transforms;

/// <summary>The splits of one tree, as ML.NET scores them.</summary>
/// <remarks>
/// Children of 0 or more are nodes, a child c below 0 is the leaf ~c. A node without categories sends a row down if its feature is at most the threshold; a node
/// with categories sends it up if one of the listed features is above 0. A missing value counts as the node's default; without defaults it goes up.
/// </remarks>
internal sealed class DecisionTree
{
    private readonly int[] _features;
    private readonly float[] _thresholds;
    private readonly int[] _down;
    private readonly int[] _up;
    private readonly int[]?[]? _categories;
    private readonly float[]? _defaults;

    /// <summary>Takes the splits, one a node.</summary>
    /// <param name="features">The feature of each node.</param>
    /// <param name="thresholds">Its threshold.</param>
    /// <param name="down">Where values up to the threshold go.</param>
    /// <param name="up">Where all others go.</param>
    /// <param name="categories">The features of a categorical split, <see langword="null"/> for a numeric one; <see langword="null"/> where all are numeric.</param>
    /// <param name="defaults">What a missing value counts as.</param>
    public DecisionTree(int[] features, float[] thresholds, int[] down, int[] up, int[]?[]? categories = null, float[]? defaults = null)
    {
        (_features, _thresholds, _down, _up, _categories, _defaults) = (features, thresholds, down, up, categories, defaults);
        LeafCount = features.Length + 1;
    }

    /// <summary>A tree without a split.</summary>
    public static DecisionTree SingleLeaf { get; } = new([], [], [], []);

    public int LeafCount { get; }

    public int NodeCount => _features.Length;

    public ReadOnlySpan<int> Features => _features;

    public ReadOnlySpan<float> Thresholds => _thresholds;

    public ReadOnlySpan<int> Down => _down;

    public ReadOnlySpan<int> Up => _up;

    /// <summary>The features of a node's categorical split, or <see langword="null"/>.</summary>
    public int[]? CategoriesOf(int node) => _categories?[node];

    /// <summary>Whether a missing value goes down at a numeric split.</summary>
    public bool MissingGoesDown(int node) => _defaults is not null && _defaults[node] <= _thresholds[node];

    /// <summary>The leaf that a row reaches.</summary>
    public int LeafOf(ReadOnlySpan<float> row)
    {
        if (_features.Length == 0)
            return 0;
        var node = 0;
        while (node >= 0)
            node = GoesDown(node, row) ? _down[node] : _up[node];
        return ~node;
    }

    private bool GoesDown(int node, ReadOnlySpan<float> row)
    {
        if (_categories?[node] is not { } listed)
        {
            var value = row[_features[node]];
            return value <= _thresholds[node] || (float.IsNaN(value) && MissingGoesDown(node));
        }
        foreach (var feature in listed)
        {
            // Neither ML.NET's default for a categorical split, 0, nor NaN is above 0.
            if (row[feature] > 0)
                return false;
        }
        return true;
    }
}
