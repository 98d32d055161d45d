using System.Text.Json;
using MLExtensions.Estimators.Training;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>The worked example and the medium case of the reference, by every method. The reference is rounded to 9 digits, its sums are not.</summary>
public sealed class ReferenceNumbersTests
{
    private static readonly FixedBlocks Work = new(2, 0);
    private static readonly LeafRule Forest = new() { IsForest = true };
    private static readonly LeafRule Boosting = new() { LearningRate = 0.5 };

    private static readonly double[] X = TreeReference.Case("tiny_data").Numbers("x");
    private static readonly double[] Y = TreeReference.Case("tiny_data").Numbers("y");
    private static readonly double[] Query = TreeReference.Case("tiny_data").Numbers("xq");

    [Theory, InlineData("single_tree", ""), InlineData("forest_full", ""), InlineData("forest_subsample", "in_bag"), InlineData("forest_bootstrap", "counts")]
    public void Forests(string name, string bags)
    {
        var reference = TreeReference.Case(name);
        CutTrees trees = new(reference.Thresholds(), X, Forest, bags.Length > 0 ? reference.Rows(bags) : null);
        AssertWeights(trees, X, reference.Rows("S_train"));
        AssertWeights(trees, Query, reference.Rows("S_query"));
        AssertNorms(trees, Query, reference);
        AssertScores(trees, Y, Query, reference);

        RowWiseSmoother rowWise = new(trees.Structure);
        Assert.Equal(reference.Number("p_train"), rowWise.Norms(trees.LeavesOf(X), X.Length, true, Work).Sum, 9);
        Assert.Equal(reference.Number("p_query"), 2 * rowWise.Norms(trees.LeavesOf(Query), Query.Length, true, Work).Sum, 9);
        Assert.Equal(reference.Number("trace"), rowWise.Trace, 9);
    }

    [Fact]
    public void A_single_tree_has_as_many_effective_parameters_as_leaves_and_a_forest_no_more_than_its_trees_on_average()
    {
        var reference = TreeReference.Case("forest_full");
        List<double> ofTrees = [];
        foreach (var (thresholds, expected) in reference.Thresholds().Zip(reference.Numbers("per_tree_p_train")))
        {
            var space = SpaceOf(new CutTrees([thresholds], X, Forest), out var train);
            Assert.Equal(thresholds.Length + 1, expected);
            Assert.Equal(expected, train.Sum, 12);
            Assert.Equal(expected, space.Trace, 12);
            ofTrees.Add(train.Sum);
        }
        _ = SpaceOf(new CutTrees(reference.Thresholds(), X, Forest), out var ofForest);
        Assert.InRange(ofForest.Sum, 1, ofTrees.Average());
    }

    [Theory, InlineData("boost_zero_init", 0, false), InlineData("boost_mean_init", 0, true), InlineData("boost_mean_init_l2_0.01", 0.01, true), InlineData("boost_zero_init_bagged", 0, false)]
    public void Boosting_stage_by_stage(string name, double l2, bool startsAtMean)
    {
        var reference = TreeReference.Case(name);
        var bags = reference.TryGetProperty("in_bag", out _) ? reference.Rows("in_bag") : null;
        var stages = reference.GetProperty("stages").EnumerateArray().ToArray();
        Assert.NotEmpty(stages);
        for (var count = 1; count <= stages.Length; count++)
        {
            var expected = stages[count - 1];
            CutTrees trees = new(reference.Thresholds()[..count], X, Boosting with { L2Regularization = l2, StartsAtMean = startsAtMean }, bags?[..count]);
            AssertNorms(trees, Query, expected);
            if (expected.TryGetProperty("S_train", out _))
                AssertWeights(trees, X, expected.Rows("S_train"));
            if (expected.TryGetProperty("S_query", out _))
                AssertWeights(trees, Query, expected.Rows("S_query"));
            AssertScores(trees, Y, Query, expected);
        }
    }

    [Theory, InlineData("boost_zero_init"), InlineData("boost_zero_init_bagged")]
    public void Leaf_values_of_boosting(string name)
    {
        var reference = TreeReference.Case(name);
        CutTrees trees = new(reference.Thresholds(), X, Boosting, reference.TryGetProperty("in_bag", out _) ? reference.Rows("in_bag") : null);
        AssertNear([.. reference.Rows("leaf_values").SelectMany(values => values)], LeafReplay.LeafValues(trees.Stages, Y), 1e-9);
    }

    /// <summary>1 - (1 - eta)^t from zero, 1 from the mean for any penalty.</summary>
    [Fact]
    public void Row_sums_of_boosting()
    {
        var thresholds = TreeReference.Case("boost_zero_init").Thresholds();
        AssertRowSums(0.75, new CutTrees(thresholds, X, Boosting));
        AssertRowSums(0.75, new CutTrees(thresholds, X, Boosting, TreeReference.Case("boost_zero_init_bagged").Rows("in_bag")));
        AssertRowSums(1, new CutTrees(thresholds, X, Boosting with { StartsAtMean = true, L2Regularization = 0.7 }));
    }

    private static void AssertRowSums(double expected, CutTrees trees)
    {
        var leaves = trees.LeavesOf(X);
        for (var row = 0; row < X.Length; row++)
            Assert.Equal(expected, LeafReplay.RowWeights(trees.Stages, [.. leaves.Select(tree => tree[row])]).Sum(), 12);
    }

    [Fact]
    public void One_stage_from_zero_with_rate_1_is_a_single_tree_and_boosting_is_not_the_sum_of_its_trees()
    {
        AssertNear(
            SpaceOf(new CutTrees([[2.5, 6.5]], X, Forest), out _).Gram, SpaceOf(new CutTrees([[2.5, 6.5]], X, new LeafRule()), out _).Gram, 1e-14);
        _ = SpaceOf(new CutTrees(TreeReference.Case("boost_zero_init").Thresholds(), X, Boosting), out var train);
        Assert.NotEqual(TreeReference.Case("boost_wrong_sum_of_trees").Number("p_train"), train.Sum, 2);
    }

    [Theory, InlineData("medium/boosting"), InlineData("medium/forest")]
    public void The_medium_case(string name)
    {
        var (medium, reference) = (TreeReference.Case("medium"), TreeReference.Case(name));
        var rule = name.EndsWith("forest", StringComparison.Ordinal) ? Forest : new LeafRule { LearningRate = 0.3, L2Regularization = 0.01, StartsAtMean = true };
        var query = medium.Numbers("xq");
        CutTrees trees = new(medium.Thresholds(), medium.Numbers("x"), rule, medium.Rows("in_bag"));
        AssertNorms(trees, query, reference);
        AssertScores(trees, medium.Numbers("y"), query, reference);
        var norms = SpaceOf(trees, out _).Norms(trees.LeavesOf(query), query.Length, false, Work);
        AssertNear(reference.Numbers("row_norms_query"), norms.SquaredNorms, 1e-9);
    }

    private static LeafSpace SpaceOf(CutTrees trees, out RowNorms train)
    {
        var space = LeafSpace.Build(trees.Stages, Work, (_, _) => { });
        train = space.Norms(trees.Structure.Leaves, trees.Structure.RowCount, true, Work);
        return space;
    }

    // p_train, p_query and trace, and that the curve ends with them.
    private static void AssertNorms(CutTrees trees, double[] query, JsonElement expected)
    {
        var space = SpaceOf(trees, out var train);
        var queryNorms = space.Norms(trees.LeavesOf(query), query.Length, true, Work);
        var perRow = (double)trees.Structure.RowCount / query.Length;
        Assert.Equal(expected.Number("p_train"), train.Sum, 10);
        Assert.Equal(expected.Number("p_query"), perRow * queryNorms.Sum, 10);
        Assert.Equal(train.Sum, train.Curve[^1], 10);
        Assert.Equal(queryNorms.Sum, queryNorms.Curve[^1], 10);
        if (expected.TryGetProperty("trace", out var trace))
            Assert.Equal(trace.GetDouble(), space.Trace, 10);
    }

    private static void AssertWeights(CutTrees trees, double[] x, double[][] expected)
    {
        var leaves = trees.LeavesOf(x);
        for (var row = 0; row < x.Length; row++)
            AssertNear(expected[row], LeafReplay.RowWeights(trees.Stages, [.. leaves.Select(tree => tree[row])]), 1e-9);
    }

    private static void AssertScores(CutTrees trees, double[] y, double[] query, JsonElement expected)
    {
        if (!expected.TryGetProperty("pred_query", out _))
            return;
        var (leaves, values, structure) = (trees.LeavesOf(query), LeafReplay.LeafValues(trees.Stages, y), trees.Structure);
        var scores = query.Select((_, row) => Enumerable.Range(0, structure.TreeCount).Sum(tree => values[structure.LeafOffsets[tree] + leaves[tree][row]]) / structure.Divisor);
        AssertNear(expected.Numbers("pred_query"), [.. scores], 1e-9);
    }

    private static void AssertNear(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }
}
