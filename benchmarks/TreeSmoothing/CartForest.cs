using MLExtensions.Estimators.Training;
using MLExtensions.Transforms;

namespace MLExtensions.Benchmarks;

/// <summary>A forest of <see cref="RandomizedCart"/> trees, fed to the smoother as a structure.</summary>
internal sealed class CartForest
{
    private static readonly FixedBlocks Work = new(Environment.ProcessorCount);

    private readonly DecisionTree[] _trees;
    private readonly SmootherStructure _structure;
    private readonly double[] _leafValues;

    public CartForest(SimulatedTable train, int trees, int featuresPerSplit, bool bootstrap, Random random, int leaves = int.MaxValue)
    {
        var n = train.X.Length;
        byte[][] bags = [.. Enumerable.Range(0, trees).Select(_ => Sample(n, bootstrap, random))];
        _trees = [.. bags.Select(bag => RandomizedCart.Grow(train.X, train.Y, bag, featuresPerSplit, leaves, random))];
        _structure = new SmootherStructure([.. _trees.Select(tree => tree.LeafCount)], LeavesOf(train.X), new RowWeights(null, bags), n) { Rule = new LeafRule { IsForest = true } };
        for (var tree = 0; tree < trees; tree++)
        {
            for (var i = 0; i < n; i++)
                _structure.Factors[_structure.LeafOffsets[tree] + _structure.Leaves[tree][i]] += bags[tree][i];
        }
        for (var leaf = 0; leaf < _structure.Factors.Length; leaf++)
            _structure.Factors[leaf] = 1 / _structure.Factors[leaf];
        _leafValues = LeafReplay.LeafValues(new SquaredStages(_structure), train.Y);
    }

    /// <summary>Effective parameters on rows after each number of trees.</summary>
    public double[] Parameters(float[][] x)
    {
        var norms = new RowWiseSmoother(_structure).Norms(LeavesOf(x), x.Length, curve: true, Work);
        return [.. norms.Curve.Select(sum => sum * _structure.RowCount / x.Length)];
    }

    public double[] Scores(float[][] x)
    {
        var leaves = LeavesOf(x);
        return [.. x.Select((_, row) => Enumerable.Range(0, _trees.Length).Average(tree => _leafValues[_structure.LeafOffsets[tree] + leaves[tree][row]]))];
    }

    private ushort[][] LeavesOf(float[][] x) => [.. _trees.Select(tree => x.Select(row => (ushort)tree.LeafOf(row)).ToArray())];

    private static byte[] Sample(int n, bool bootstrap, Random random)
    {
        var counts = new byte[n];
        for (var i = 0; i < n; i++)
            counts[bootstrap ? random.Next(n) : i]++;
        return counts;
    }
}
