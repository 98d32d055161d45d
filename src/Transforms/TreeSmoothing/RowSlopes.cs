namespace MLExtensions.Transforms;

/// <summary>
/// How much the prediction of a row moves with its score: 1, or for probabilities of the logistic loss sigma p (1 - p) at the score that the trees so far give.
/// </summary>
/// <param name="stages">The structure.</param>
/// <param name="rows">Number of rows.</param>
internal sealed class RowSlopes(Stages stages, int rows)
{
    private readonly double[] _scores = stages.SlopeValues is null ? [] : new double[rows];

    /// <summary>Whether all slopes are 1.</summary>
    public bool AreOnes => stages.SlopeValues is null;

    /// <summary>The slope of a row.</summary>
    public double this[int row] => AreOnes ? 1 : Of(_scores[row], stages.Structure.LabelFactor);

    /// <summary>The slope of a score.</summary>
    public static double Of(double score, double sigmoid)
    {
        var p = 1 / (1 + Math.Exp(-sigmoid * score));
        return sigmoid * p * (1 - p);
    }

    /// <summary>The slopes of the training rows after all trees; <see langword="null"/> where they are 1.</summary>
    public static double[]? OfTraining(Stages stages)
    {
        var structure = stages.Structure;
        RowSlopes slopes = new(stages, structure.RowCount);
        if (slopes.AreOnes)
            return null;
        for (var tree = 0; tree < structure.TreeCount; tree++)
            slopes.AddTree(tree, structure.Leaves[tree]);
        return [.. Enumerable.Range(0, structure.RowCount).Select(row => slopes[row])];
    }

    /// <summary>Adds a tree to the scores.</summary>
    public void AddTree(int tree, ReadOnlySpan<ushort> leaves)
    {
        if (AreOnes)
            return;
        var values = stages.SlopeValues.AsSpan(stages.Structure.LeafOffsets[tree], stages.Structure.LeafCounts[tree]);
        for (var row = 0; row < _scores.Length; row++)
            _scores[row] += values[leaves[row]];
    }
}
