namespace MLExtensions.Transforms;

/// <summary>The recursion of the leaf values for given labels, and its transpose. Each takes O(rows * trees) time and O(rows) memory.</summary>
internal static class LeafReplay
{
    /// <summary>The value of each leaf for labels y: w_l^T y. A forest's are not yet divided by the number of trees.</summary>
    /// <param name="stages">The structure.</param>
    /// <param name="labels">y.</param>
    /// <param name="beforeTree">Called before each tree; it may throw to cancel.</param>
    public static double[] LeafValues(Stages stages, ReadOnlySpan<double> labels, Action? beforeTree = null)
    {
        var structure = stages.Structure;
        var values = new double[structure.LeafTotal];
        var scores = structure.Rule.IsForest ? null : new double[structure.RowCount];
        var sums = new double[structure.LeafCounts.Max()];
        foreach (var stage in stages.Forward())
        {
            beforeTree?.Invoke();
            var leafSums = sums.AsSpan(0, structure.LeafCounts[stage.Tree]);
            var leaves = structure.Leaves[stage.Tree];
            leafSums.Clear();
            for (var i = 0; i < leaves.Length; i++)
                leafSums[leaves[i]] += Contribution(stage, i, labels[i], scores);
            var leafValues = values.AsSpan(structure.LeafOffsets[stage.Tree], leafSums.Length);
            structure.Finish(stage.Tree, leafSums, leafValues);
            for (var i = 0; scores is not null && i < leaves.Length; i++)
                scores[i] += leafValues[leaves[i]];
        }
        return values;
    }

    /// <summary>The weights s(x) of all training rows in the score of a row that reaches the given leaves: the recursion backwards.</summary>
    /// <param name="stages">The structure.</param>
    /// <param name="leavesOfRow">The leaf of the row in each tree, a start at the mean included.</param>
    public static double[] RowWeights(Stages stages, ReadOnlySpan<ushort> leavesOfRow)
    {
        var structure = stages.Structure;
        var weights = new double[structure.RowCount];
        var scores = structure.Rule.IsForest ? null : new double[structure.RowCount];
        var values = new double[structure.LeafCounts.Max()];
        var sums = new double[values.Length];
        foreach (var stage in stages.Backward())
        {
            var leaves = structure.Leaves[stage.Tree];
            var leafValues = values.AsSpan(0, structure.LeafCounts[stage.Tree]);
            leafValues.Clear();
            leafValues[leavesOfRow[stage.Tree]] = 1 / structure.Divisor;
            for (var i = 0; scores is not null && i < leaves.Length; i++)
                leafValues[leaves[i]] += scores[i];
            var leafSums = sums.AsSpan(0, leafValues.Length);
            structure.FinishTransposed(stage.Tree, leafValues, leafSums);
            for (var i = 0; i < leaves.Length; i++)
            {
                var sum = leafSums[leaves[i]];
                weights[i] += stage.Labels is null ? sum : stage.Labels[i] * sum;
                if (scores is not null)
                    scores[i] -= stage.Scores is null ? sum : stage.Scores[i] * sum;
            }
        }
        return weights;
    }

    private static double Contribution(Stage stage, int row, double label, double[]? scores)
    {
        var labelPart = stage.Labels is null ? label : stage.Labels[row] * label;
        if (scores is null)
            return labelPart;
        return labelPart - (stage.Scores is null ? scores[row] : stage.Scores[row] * scores[row]);
    }
}
