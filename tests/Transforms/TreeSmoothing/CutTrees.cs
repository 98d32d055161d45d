using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>An ensemble of trees that cut one feature at thresholds, as a structure on training rows x.</summary>
internal sealed class CutTrees
{
    private readonly DecisionTree[] _trees;

    public CutTrees(double[][] thresholds, double[] x, LeafRule rule, double[][]? bags = null, double[]? exampleWeights = null)
    {
        _trees = [.. thresholds.Select(Cut)];
        var weights = new RowWeights(exampleWeights, bags?.Select(bag => bag.Select(count => (byte)count).ToArray()).ToArray());
        int[] leafCounts = [.. _trees.Select(tree => tree.LeafCount)];
        Structure = new SmootherStructure(rule.StartsAtMean ? [1, .. leafCounts] : leafCounts, LeavesOf(x, rule.StartsAtMean), weights, x.Length)
        {
            Rule = rule,
            HasStart = rule.StartsAtMean,
        };
        SetFactors();
    }

    public SmootherStructure Structure { get; }

    public Stages Stages => new SquaredStages(Structure);

    /// <summary>For each tree, a start at the mean included, the leaf of every row.</summary>
    public ushort[][] LeavesOf(double[] x) => LeavesOf(x, Structure.HasStart);

    private ushort[][] LeavesOf(double[] x, bool withStart)
    {
        var leaves = _trees.Select(tree => x.Select(value => (ushort)tree.LeafOf([(float)value])).ToArray());
        return withStart ? [new ushort[x.Length], .. leaves] : [.. leaves];
    }

    // Leaf k holds the values above k thresholds: node k asks for threshold k and sends what is above on to node k + 1.
    private static DecisionTree Cut(double[] thresholds)
    {
        var nodes = Enumerable.Range(0, thresholds.Length);
        return new DecisionTree(
            new int[thresholds.Length], [.. thresholds.Select(threshold => (float)threshold)],
            [.. nodes.Select(node => ~node)], [.. nodes.Select(node => node == thresholds.Length - 1 ? ~thresholds.Length : node + 1)]);
    }

    private void SetFactors()
    {
        var rule = Structure.Rule;
        var weights = new double[Structure.RowCount];
        for (var tree = 0; tree < Structure.TreeCount; tree++)
        {
            var masses = new double[Structure.LeafCounts[tree]];
            Structure.FillLabelWeights(tree, 0, weights);
            for (var i = 0; i < weights.Length; i++)
                masses[Structure.Leaves[tree][i]] += weights[i];
            var isMean = rule.IsForest || Structure.TrainedTree(tree) < 0;
            for (var leaf = 0; leaf < masses.Length; leaf++)
                Structure.Factors[Structure.LeafOffsets[tree] + leaf] = isMean ? 1 / masses[leaf] : rule.LearningRate / (masses[leaf] + rule.L2Regularization);
        }
    }
}
