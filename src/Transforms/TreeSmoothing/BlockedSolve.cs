using System.Numerics;
using System.Runtime.InteropServices;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>
/// Solves (I + D C_low) X = D R by forward substitution, tree by tree (section 6, step 3 of the card): X_t = D_t (R_t - sum over earlier trees q of C_tq X_q).
/// </summary>
/// <remarks>Runs of columns are independent tasks: the solution does not depend on the number of threads.</remarks>
internal static class BlockedSolve
{
    // A run of columns of all leaves stays in the second-level cache.
    private const int ColumnsPerTask = 32;
    private const int RowsTogether = 4;

    /// <summary>Replaces a matrix R by the solution.</summary>
    /// <param name="matrix">R [P, P], row by row.</param>
    /// <param name="recursion">C [P, P], read below its block diagonal.</param>
    /// <param name="structure">Trees and factors.</param>
    /// <param name="work">Threads.</param>
    public static void InPlace(double[] matrix, double[] recursion, SmootherStructure structure, FixedBlocks work) => ForEachRun(structure.LeafTotal, work, (first, count) =>
    {
        var leaves = structure.LeafTotal;
        var columns = new double[leaves * ColumnsPerTask];
        for (var row = 0; row < leaves; row++)
            matrix.AsSpan((row * leaves) + first, count).CopyTo(columns.AsSpan(row * ColumnsPerTask));
        Solve(columns, recursion, structure, structure.TreeCount);
        for (var row = 0; row < leaves; row++)
            columns.AsSpan(row * ColumnsPerTask, count).CopyTo(matrix.AsSpan((row * leaves) + first));
    });

    /// <summary>The trace of the solution for R. Only what lies up to each column's own tree is computed.</summary>
    public static double Trace(double[] matrix, double[] recursion, SmootherStructure structure, FixedBlocks work)
    {
        var leaves = structure.LeafTotal;
        var diagonal = new double[leaves];
        ForEachRun(leaves, work, (first, count) =>
        {
            var trees = TreeOf(structure, first + count - 1) + 1;
            var rows = structure.LeafOffsets[trees];
            var columns = new double[rows * ColumnsPerTask];
            for (var row = 0; row < rows; row++)
                matrix.AsSpan((row * leaves) + first, count).CopyTo(columns.AsSpan(row * ColumnsPerTask));
            Solve(columns, recursion, structure, trees);
            for (var column = 0; column < count; column++)
                diagonal[first + column] = columns[((first + column) * ColumnsPerTask) + column];
        });
        return diagonal.Sum();
    }

    private static int TreeOf(SmootherStructure structure, int leaf)
    {
        var tree = Array.BinarySearch(structure.LeafOffsets, leaf);
        return tree >= 0 ? tree : ~tree - 1;
    }

    private static void ForEachRun(int columns, FixedBlocks work, Action<int, int> solve)
    {
        var runs = (columns + ColumnsPerTask - 1) / ColumnsPerTask;
        work.ForEach(runs, (long)columns * columns * ColumnsPerTask, run => solve(run * ColumnsPerTask, Math.Min(ColumnsPerTask, columns - (run * ColumnsPerTask))));
    }

    private static void Solve(double[] columns, double[] recursion, SmootherStructure structure, int trees)
    {
        var sums = new double[structure.LeafCounts.Max()];
        var values = new double[sums.Length];
        for (var tree = 0; tree < trees; tree++)
        {
            var (first, end) = (structure.LeafOffsets[tree], structure.LeafOffsets[tree + 1]);
            for (var leaf = first; leaf < end; leaf += RowsTogether)
                Subtract(columns, recursion, leaf, Math.Min(RowsTogether, end - leaf), first, structure.LeafTotal);
            if (structure.Mixing[tree] is null)
                Scale(columns, structure.Factors, first, end);
            else
                Mix(columns, structure, tree, sums, values);
        }
    }

    // R_p -= sum over q of C_pq X_q for a few leaves p at once, so that each X_q is read once for all of them.
    private static void Subtract(double[] columns, double[] recursion, int leaf, int count, int earlier, int leaves)
    {
        var x = MemoryMarshal.Cast<double, Vector<double>>(columns.AsSpan());
        var width = ColumnsPerTask / Vector<double>.Count;
        var c0 = recursion.AsSpan(leaf * leaves, earlier);
        var c1 = recursion.AsSpan((count > 1 ? leaf + 1 : leaf) * leaves, earlier);
        var c2 = recursion.AsSpan((count > 2 ? leaf + 2 : leaf) * leaves, earlier);
        var c3 = recursion.AsSpan((count > 3 ? leaf + 3 : leaf) * leaves, earlier);
        for (var column = 0; column < width; column += 2)
        {
            Vector<double> a0 = default, a1 = default, b0 = default, b1 = default, d0 = default, d1 = default, e0 = default, e1 = default;
            for (var q = 0; q < c0.Length; q++)
            {
                var (x0, x1) = (x[(q * width) + column], x[(q * width) + column + 1]);
                var factor = new Vector<double>(c0[q]);
                a0 = Vector.MultiplyAddEstimate(factor, x0, a0);
                a1 = Vector.MultiplyAddEstimate(factor, x1, a1);
                factor = new Vector<double>(c1[q]);
                b0 = Vector.MultiplyAddEstimate(factor, x0, b0);
                b1 = Vector.MultiplyAddEstimate(factor, x1, b1);
                factor = new Vector<double>(c2[q]);
                d0 = Vector.MultiplyAddEstimate(factor, x0, d0);
                d1 = Vector.MultiplyAddEstimate(factor, x1, d1);
                factor = new Vector<double>(c3[q]);
                e0 = Vector.MultiplyAddEstimate(factor, x0, e0);
                e1 = Vector.MultiplyAddEstimate(factor, x1, e1);
            }
            ReadOnlySpan<Vector<double>> sums = [a0, a1, b0, b1, d0, d1, e0, e1];
            for (var row = 0; row < count; row++)
            {
                x[((leaf + row) * width) + column] -= sums[2 * row];
                x[((leaf + row) * width) + column + 1] -= sums[(2 * row) + 1];
            }
        }
    }

    private static void Scale(double[] columns, double[] factors, int first, int end)
    {
        for (var leaf = first; leaf < end; leaf++)
            System.Numerics.Tensors.TensorPrimitives.Multiply(columns.AsSpan(leaf * ColumnsPerTask, ColumnsPerTask), factors[leaf], columns.AsSpan(leaf * ColumnsPerTask, ColumnsPerTask));
    }

    private static void Mix(double[] columns, SmootherStructure structure, int tree, double[] sums, double[] values)
    {
        var (first, count) = (structure.LeafOffsets[tree], structure.LeafCounts[tree]);
        for (var column = 0; column < ColumnsPerTask; column++)
        {
            for (var leaf = 0; leaf < count; leaf++)
                sums[leaf] = columns[((first + leaf) * ColumnsPerTask) + column];
            structure.Finish(tree, sums.AsSpan(0, count), values.AsSpan(0, count));
            for (var leaf = 0; leaf < count; leaf++)
                columns[((first + leaf) * ColumnsPerTask) + column] = values[leaf];
        }
    }
}
