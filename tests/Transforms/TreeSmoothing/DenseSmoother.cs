using MLExtensions.Transforms;

namespace MLExtensions.Tests.Transforms.TreeSmoothing;

/// <summary>The recursion as it is written, with a matrix of all pairs of rows: the independent check of everything faster.</summary>
internal sealed class DenseSmoother
{
    private readonly double[][][] _leafFunctionals;
    private readonly SmootherStructure _structure;

    public DenseSmoother(Stages stages)
    {
        _structure = stages.Structure;
        var n = _structure.RowCount;
        var scores = Matrix(n, n);
        _leafFunctionals = new double[_structure.TreeCount][][];
        foreach (var stage in stages.Forward())
        {
            var leaves = _structure.Leaves[stage.Tree];
            var sums = Matrix(_structure.LeafCounts[stage.Tree], n);
            for (var i = 0; i < n; i++)
            {
                sums[leaves[i]][i] += stage.Labels?[i] ?? 1;
                for (var j = 0; j < n && !_structure.Rule.IsForest; j++)
                    sums[leaves[i]][j] -= (stage.Scores?[i] ?? 1) * scores[i][j];
            }
            _leafFunctionals[stage.Tree] = Finished(stage.Tree, sums);
            for (var i = 0; i < n; i++)
            {
                for (var j = 0; j < n; j++)
                    scores[i][j] += _leafFunctionals[stage.Tree][leaves[i]][j];
            }
        }
        Train = [.. scores.Select(row => row.Select(weight => weight / _structure.Divisor).ToArray())];
    }

    /// <summary>S of the training rows.</summary>
    public double[][] Train { get; }

    public double Trace => Train.Select((row, i) => row[i]).Sum();

    /// <summary>S of other rows.</summary>
    public double[][] Query(ushort[][] leaves, int count, int trees = int.MaxValue)
    {
        var rows = Matrix(count, _structure.RowCount);
        trees = Math.Min(trees, _structure.TreeCount);
        for (var tree = 0; tree < trees; tree++)
        {
            for (var i = 0; i < count; i++)
            {
                for (var j = 0; j < rows[i].Length; j++)
                    rows[i][j] += _leafFunctionals[tree][leaves[tree][i]][j] / (_structure.Rule.IsForest ? trees : 1);
            }
        }
        return rows;
    }

    public static double SquaredNorm(double[] row) => row.Sum(weight => weight * weight);

    // Factor, then mixing, on every column.
    private double[][] Finished(int tree, double[][] sums)
    {
        var finished = Matrix(sums.Length, _structure.RowCount);
        var mixing = _structure.Mixing[tree] is { } smoothing ? MatrixOf(smoothing, sums.Length) : null;
        for (var j = 0; j < _structure.RowCount; j++)
        {
            for (var leaf = 0; leaf < sums.Length; leaf++)
            {
                var own = _structure.Factors[_structure.LeafOffsets[tree] + leaf] * sums[leaf][j];
                for (var mixed = 0; mixed < sums.Length; mixed++)
                    finished[mixed][j] += (mixing is null ? (mixed == leaf ? 1 : 0) : mixing[(mixed * sums.Length) + leaf]) * own;
            }
        }
        return finished;
    }

    /// <summary>The matrix [leaves, leaves] of a tree's smoothing, from unit vectors.</summary>
    public static double[] MatrixOf(LeafSmoothing smoothing, int leaves)
    {
        var matrix = new double[leaves * leaves];
        for (var leaf = 0; leaf < leaves; leaf++)
        {
            var column = new double[leaves];
            column[leaf] = 1;
            smoothing.Apply(column);
            for (var mixed = 0; mixed < leaves; mixed++)
                matrix[(mixed * leaves) + leaf] = column[mixed];
        }
        return matrix;
    }

    private static double[][] Matrix(int rows, int columns) => [.. Enumerable.Range(0, rows).Select(_ => new double[columns])];
}
