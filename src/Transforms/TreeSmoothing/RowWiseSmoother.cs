using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>
/// The weights of a forest row by row, from lists of the rows in each leaf: O(trees * rows of a leaf) time a row. Exact, and better than the space of the leaves where leaves are
/// many and small.
/// </summary>
internal sealed class RowWiseSmoother
{
    private const int RowsPerTask = 256;

    private readonly SmootherStructure _structure;
    private readonly int[] _starts;
    private readonly int[] _rows;
    private readonly double[] _weights;

    /// <summary>Lists the rows of each leaf with their weights in its mean.</summary>
    /// <param name="structure">The structure.</param>
    /// <param name="beforeTree">Called before each tree; it may throw to cancel.</param>
    public RowWiseSmoother(SmootherStructure structure, Action? beforeTree = null)
    {
        _structure = structure;
        _starts = new int[structure.LeafTotal + 1];
        _rows = new int[(long)structure.RowCount * structure.TreeCount];
        _weights = new double[_rows.Length];
        var weights = new double[structure.RowCount];
        for (var tree = 0; tree < structure.TreeCount; tree++)
        {
            beforeTree?.Invoke();
            structure.FillLabelWeights(tree, 0, weights);
            List(tree, weights);
        }
    }

    /// <summary>The sum over the rows of s_i(x_i).</summary>
    public double Trace => LeafReplay.LeafValues(new SquaredStages(_structure), Enumerable.Repeat(1.0, _structure.RowCount).ToArray()).Sum() / _structure.Divisor;

    /// <summary>Entries that are visited for one row on average.</summary>
    public static double WorkPerRow(SmootherStructure structure)
    {
        var work = 0.0;
        foreach (var leaves in structure.LeafCounts)
            work += (double)structure.RowCount / leaves;
        return work;
    }

    /// <summary>The norms of rows.</summary>
    public RowNorms Norms(ushort[][] leaves, int rowCount, bool curve, FixedBlocks work)
    {
        var norms = new double[rowCount];
        var tasks = (rowCount + RowsPerTask - 1) / RowsPerTask;
        var curves = new double[tasks][];
        work.ForEach(tasks, (long)(RowsPerTask * WorkPerRow(_structure)), task =>
        {
            var first = task * RowsPerTask;
            curves[task] = AddRows(leaves, first, norms.AsSpan(first, Math.Min(RowsPerTask, rowCount - first)));
        });
        var sums = new double[curve ? _structure.TreeCount : 0];
        for (var tree = 0; tree < sums.Length; tree++)
        {
            foreach (var part in curves)
                sums[tree] += part[tree] / (_structure.DivisorAfter(tree + 1) * _structure.DivisorAfter(tree + 1));
        }
        return new RowNorms(norms, sums);
    }

    private double[] AddRows(ushort[][] leaves, int first, Span<double> norms)
    {
        var curve = new double[_structure.TreeCount];
        var weights = new double[_structure.RowCount];
        for (var i = 0; i < norms.Length; i++)
        {
            var squares = 0.0;
            for (var tree = 0; tree < _structure.TreeCount; tree++)
            {
                var leaf = _structure.LeafOffsets[tree] + leaves[tree][first + i];
                for (var entry = _starts[leaf]; entry < _starts[leaf + 1]; entry++)
                {
                    ref var weight = ref weights[_rows[entry]];
                    // (w + d)^2 - w^2
                    squares += _weights[entry] * ((2 * weight) + _weights[entry]);
                    weight += _weights[entry];
                }
                curve[tree] += squares;
            }
            norms[i] = squares / (_structure.Divisor * _structure.Divisor);
            Clear(weights, leaves, first + i);
        }
        return curve;
    }

    private void Clear(double[] weights, ushort[][] leaves, int row)
    {
        for (var tree = 0; tree < _structure.TreeCount; tree++)
        {
            var leaf = _structure.LeafOffsets[tree] + leaves[tree][row];
            for (var entry = _starts[leaf]; entry < _starts[leaf + 1]; entry++)
                weights[_rows[entry]] = 0;
        }
    }

    // The rows of a tree, in-bag or not, take up as many places as there are rows; those out of the bag are left out of the lists.
    private void List(int tree, double[] weights)
    {
        var offset = _structure.LeafOffsets[tree];
        var leaves = _structure.Leaves[tree];
        var next = new int[_structure.LeafCounts[tree]];
        for (var i = 0; i < leaves.Length; i++)
            next[leaves[i]] += weights[i] > 0 ? 1 : 0;
        for (var leaf = 0; leaf < next.Length; leaf++)
        {
            _starts[offset + leaf + 1] = _starts[offset + leaf] + next[leaf];
            next[leaf] = _starts[offset + leaf];
        }
        for (var i = 0; i < leaves.Length; i++)
        {
            if (weights[i] <= 0)
                continue;
            var entry = next[leaves[i]]++;
            _rows[entry] = i;
            _weights[entry] = weights[i] * _structure.Factors[offset + leaves[i]];
        }
    }
}
