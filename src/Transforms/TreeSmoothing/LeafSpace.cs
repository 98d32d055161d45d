using System.Numerics.Tensors;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>
/// The smoother in the space of the leaves: with W the leaf functionals, G = W W^T is all that norms need, ||s(x)||^2 = sum over pairs of trees of G[l_t(x), l_u(x)]
/// (section 6 of the card). No matrix over pairs of rows is ever made.
/// </summary>
internal sealed class LeafSpace
{
    private const int RowsPerTask = 1024;

    private readonly Stages _stages;
    private readonly SmootherStructure _structure;

    private LeafSpace(Stages stages, double[] gram, double trace) => (_stages, _structure, Gram, Trace) = (stages, stages.Structure, gram, trace);

    /// <summary>G [P, P] of scores; of a forest not yet divided by the square of the number of trees.</summary>
    public double[] Gram { get; }

    /// <summary>The sum of s_i(x_i) over the training rows, as predictions.</summary>
    public double Trace { get; }

    /// <summary>Counts leaf pairs and solves for G.</summary>
    /// <param name="stages">The structure.</param>
    /// <param name="work">Threads.</param>
    /// <param name="beforeStep">Called before each step of the work, of which there are so many, with its number.</param>
    public static LeafSpace Build(Stages stages, FixedBlocks work, Action<int, int> beforeStep)
    {
        var structure = stages.Structure;
        var steps = structure.TreeCount + 3;
        var pairs = LeafPairs.Count(stages, work, tree => beforeStep(tree, steps));
        if (structure.Rule.IsForest)
        {
            ScaleBothSides(pairs.Gram, structure.Factors);
            var rowSums = LeafReplay.LeafValues(stages, Ones(structure.RowCount));
            return new LeafSpace(stages, pairs.Gram, rowSums.Sum() / structure.Divisor);
        }
        beforeStep(structure.TreeCount, steps);
        BlockedSolve.InPlace(pairs.Gram, pairs.Recursion, structure, work);            // A K
        var trace = stages is SquaredStages && structure.Weights.AreOnes
            ? TraceOf(pairs.Gram, pairs.Leaves)
            : BlockedSolve.Trace(pairs.Labels, pairs.Recursion, structure, work);      // tr(A U Z)
        beforeStep(structure.TreeCount + 1, steps);
        TransposeInPlace(pairs.Gram, pairs.Leaves);
        BlockedSolve.InPlace(pairs.Gram, pairs.Recursion, structure, work);            // A (A K)^T = A K A^T
        beforeStep(structure.TreeCount + 2, steps);
        return new LeafSpace(stages, pairs.Gram, trace);
    }

    /// <summary>A [P, P]: each leaf functional of a boosted model as a combination of the sums of all leaves.</summary>
    public static double[] Functionals(Stages stages, FixedBlocks work)
    {
        var structure = stages.Structure;
        var pairs = LeafPairs.Count(stages, work, _ => { });
        Array.Clear(pairs.Gram);
        for (var leaf = 0; leaf < pairs.Leaves; leaf++)
            pairs.Gram[(leaf * pairs.Leaves) + leaf] = 1;
        BlockedSolve.InPlace(pairs.Gram, pairs.Recursion, structure, work);
        return pairs.Gram;
    }

    /// <summary>The norms of rows.</summary>
    /// <param name="leaves">For each tree the leaf of every row.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="curve">Whether to give the sums after each tree.</param>
    /// <param name="work">Threads.</param>
    public RowNorms Norms(ushort[][] leaves, int rowCount, bool curve, FixedBlocks work)
    {
        var norms = new double[rowCount];
        var tasks = (rowCount + RowsPerTask - 1) / RowsPerTask;
        var sums = new double[tasks][];
        work.ForEach(tasks, (long)RowsPerTask * _structure.TreeCount * _structure.TreeCount / 2, task =>
        {
            var first = task * RowsPerTask;
            sums[task] = AddTrees(leaves, first, norms.AsSpan(first, Math.Min(RowsPerTask, rowCount - first)));
        });
        TensorPrimitives.Divide(norms, _structure.Divisor * _structure.Divisor, norms);
        return new RowNorms(norms, curve ? CurveOf(sums) : []);
    }

    // Gives the sum over the rows after each tree.
    private double[] AddTrees(ushort[][] leaves, int first, Span<double> norms)
    {
        var totals = new double[_structure.TreeCount];
        RowSlopes slopes = new(_stages, norms.Length);
        Span<int> rowStarts = stackalloc int[RowsPerTask];
        Span<double> sums = stackalloc double[RowsPerTask];
        rowStarts = rowStarts[..norms.Length];
        sums = sums[..norms.Length];
        for (var tree = 0; tree < totals.Length; tree++)
        {
            var treeLeaves = leaves[tree].AsSpan(first, norms.Length);
            for (var i = 0; i < rowStarts.Length; i++)
                rowStarts[i] = (_structure.LeafOffsets[tree] + treeLeaves[i]) * _structure.LeafTotal;
            sums.Clear();
            for (var earlier = 0; earlier < tree; earlier++)
                AddPairs(Gram, rowStarts, _structure.LeafOffsets[earlier], leaves[earlier].AsSpan(first, norms.Length), sums);
            TensorPrimitives.Add(sums, sums, sums);
            AddPairs(Gram, rowStarts, _structure.LeafOffsets[tree], treeLeaves, sums);
            TensorPrimitives.Add(norms, sums, norms);
            slopes.AddTree(tree, treeLeaves);
            totals[tree] = Total(norms, slopes);
        }
        for (var i = 0; i < norms.Length && !slopes.AreOnes; i++)
            norms[i] *= slopes[i] * slopes[i];
        return totals;
    }

    private static double Total(ReadOnlySpan<double> norms, RowSlopes slopes)
    {
        if (slopes.AreOnes)
            return TensorPrimitives.Sum(norms);
        var total = 0.0;
        for (var i = 0; i < norms.Length; i++)
            total += norms[i] * slopes[i] * slopes[i];
        return total;
    }

    private static void AddPairs(double[] gram, ReadOnlySpan<int> rowStarts, int column, ReadOnlySpan<ushort> leaves, Span<double> sums)
    {
        leaves = leaves[..sums.Length];
        rowStarts = rowStarts[..sums.Length];
        for (var i = 0; i < sums.Length; i++)
            sums[i] += gram[rowStarts[i] + column + leaves[i]];
    }

    private double[] CurveOf(double[][] sums)
    {
        var start = _structure.HasStart ? 1 : 0;
        var curve = new double[_structure.TreeCount - start];
        for (var tree = start; tree < _structure.TreeCount; tree++)
        {
            var divisor = _structure.DivisorAfter(tree + 1);
            curve[tree - start] = sums.Sum(task => task[tree]) / (divisor * divisor);
        }
        return curve;
    }

    private static double[] Ones(int count)
    {
        var ones = new double[count];
        Array.Fill(ones, 1);
        return ones;
    }

    private static void ScaleBothSides(double[] matrix, double[] factors)
    {
        for (var row = 0; row < factors.Length; row++)
        {
            var values = matrix.AsSpan(row * factors.Length, factors.Length);
            TensorPrimitives.Multiply(values, factors, values);
            TensorPrimitives.Multiply(values, factors[row], values);
        }
    }

    private static double TraceOf(double[] matrix, int size)
    {
        var trace = 0.0;
        for (var i = 0; i < size; i++)
            trace += matrix[(i * size) + i];
        return trace;
    }

    private static void TransposeInPlace(double[] matrix, int size)
    {
        const int Tile = 32;
        for (var top = 0; top < size; top += Tile)
        {
            for (var left = 0; left <= top; left += Tile)
            {
                for (var row = top; row < Math.Min(top + Tile, size); row++)
                {
                    for (var column = left; column < Math.Min(left + Tile, row); column++)
                        (matrix[(row * size) + column], matrix[(column * size) + row]) = (matrix[(column * size) + row], matrix[(row * size) + column]);
                }
            }
        }
    }
}
