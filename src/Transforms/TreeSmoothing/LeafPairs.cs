using System.Numerics.Tensors;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>
/// Sums over the training rows for each pair of leaves (section 6, step 2 of the card): K = U U^T, C = U Z weighted for the recursion, and U Z itself. U holds the label
/// weights of the rows of each leaf, Z the leaves that each row reaches.
/// </summary>
/// <remarks>A pair of trees is one task and adds its rows up in their order: the sums do not depend on the number of threads.</remarks>
internal sealed class LeafPairs
{
    // Leaf numbers and weights of a run of rows stay in the first-level cache.
    private const int RunLength = 2048;

    private LeafPairs(int leaves, bool isForest, bool isLinearized)
    {
        var size = (long)leaves * leaves;
        Leaves = leaves;
        Gram = new double[size];
        Recursion = isForest ? [] : new double[size];
        Labels = isLinearized ? new double[size] : Recursion;
    }

    /// <summary>P.</summary>
    public int Leaves { get; }

    /// <summary>K, symmetric.</summary>
    public double[] Gram { get; }

    /// <summary>C below its block diagonal: the score weights of the later tree's leaf over the rows that reach the earlier tree's leaf. Empty for a forest, as are <see cref="Labels"/>.</summary>
    public double[] Recursion { get; }

    /// <summary>U Z, the rows weighted by the slopes of their predictions. The same matrix as <see cref="Recursion"/> where label and score weights are the same.</summary>
    public double[] Labels { get; }

    /// <summary>Counts all pairs.</summary>
    /// <param name="stages">The structure.</param>
    /// <param name="work">Threads.</param>
    /// <param name="beforeTree">Called before each tree: progress and cancellation.</param>
    public static LeafPairs Count(Stages stages, FixedBlocks work, Action<int> beforeTree)
    {
        var structure = stages.Structure;
        var pairs = new LeafPairs(structure.LeafTotal, structure.Rule.IsForest, stages is LogisticStages);
        var slopes = RowSlopes.OfTraining(stages);
        foreach (var stage in stages.Forward())
        {
            beforeTree(stage.Tree);
            work.ForEach(stage.Tree + 1, structure.RowCount, earlier => pairs.CountPair(structure, stage, earlier, slopes));
        }
        return pairs;
    }

    private void CountPair(SmootherStructure structure, Stage stage, int earlier, double[]? slopes)
    {
        if (stage.Labels is null)
        {
            double[][] matrices = structure.Rule.IsForest ? [Gram] : [Gram, Recursion];
            Store(structure, stage.Tree, earlier, CountRows(structure, stage.Tree, earlier), matrices, mirror: true);
            return;
        }
        var gram = SumRows(structure, stage.Tree, earlier, (first, weights) =>
        {
            structure.FillLabelWeights(earlier, first, weights);
            TensorPrimitives.Multiply(weights, stage.Labels.AsSpan(first, weights.Length), weights);
        });
        Store(structure, stage.Tree, earlier, gram, [Gram], mirror: true);
        if (structure.Rule.IsForest)
            return;

        var sameForBoth = !structure.Weights.DifferByTree && structure.TrainedTree(earlier) >= 0;
        var labels = SumRows(structure, stage.Tree, earlier, (first, weights) =>
        {
            stage.Labels.AsSpan(first, weights.Length).CopyTo(weights);
            Multiply(weights, slopes, first);
        });
        Store(structure, stage.Tree, earlier, labels, [Labels], mirror: sameForBoth);
        if (!sameForBoth && earlier != stage.Tree)
        {
            var mirrored = SumRows(structure, stage.Tree, earlier, (first, weights) =>
            {
                structure.FillLabelWeights(earlier, first, weights);
                Multiply(weights, slopes, first);
            });
            StoreMirrored(structure, stage.Tree, earlier, mirrored, Labels);
        }
        if (Labels != Recursion)
        {
            var scores = SumRows(structure, stage.Tree, earlier, (first, weights) => stage.Scores.AsSpan(first, weights.Length).CopyTo(weights));
            Store(structure, stage.Tree, earlier, scores, [Recursion], mirror: false);
        }
    }

    private static void Multiply(Span<double> weights, double[]? slopes, int first)
    {
        if (slopes is not null)
            TensorPrimitives.Multiply(weights, slopes.AsSpan(first, weights.Length), weights);
    }

    // Two histograms in turn: neighbouring rows often share a pair, and would wait for each other's increment.
    private static double[] CountRows(SmootherStructure structure, int later, int earlier)
    {
        var (rows, columns) = (structure.LeafCounts[later], structure.LeafCounts[earlier]);
        int[] even = new int[rows * columns], odd = new int[rows * columns];
        ReadOnlySpan<ushort> rowLeaves = structure.Leaves[later], columnLeaves = structure.Leaves[earlier];
        columnLeaves = columnLeaves[..rowLeaves.Length];
        var i = 0;
        for (; i + 1 < rowLeaves.Length; i += 2)
        {
            even[(rowLeaves[i] * columns) + columnLeaves[i]]++;
            odd[(rowLeaves[i + 1] * columns) + columnLeaves[i + 1]]++;
        }
        if (i < rowLeaves.Length)
            even[(rowLeaves[i] * columns) + columnLeaves[i]]++;
        var sums = new double[even.Length];
        for (var pair = 0; pair < sums.Length; pair++)
            sums[pair] = even[pair] + odd[pair];
        return sums;
    }

    private static double[] SumRows(SmootherStructure structure, int later, int earlier, FillWeights fill)
    {
        var columns = structure.LeafCounts[earlier];
        var sums = new double[structure.LeafCounts[later] * columns];
        Span<double> buffer = stackalloc double[RunLength];
        for (var first = 0; first < structure.RowCount; first += RunLength)
        {
            var weights = buffer[..Math.Min(RunLength, structure.RowCount - first)];
            fill(first, weights);
            var rowLeaves = structure.Leaves[later].AsSpan(first, weights.Length);
            var columnLeaves = structure.Leaves[earlier].AsSpan(first, weights.Length);
            for (var i = 0; i < weights.Length; i++)
                sums[(rowLeaves[i] * columns) + columnLeaves[i]] += weights[i];
        }
        return sums;
    }

    private void Store(SmootherStructure structure, int later, int earlier, double[] sums, double[][] matrices, bool mirror)
    {
        var (rows, columns) = (structure.LeafCounts[later], structure.LeafCounts[earlier]);
        var (firstRow, firstColumn) = (structure.LeafOffsets[later], structure.LeafOffsets[earlier]);
        foreach (var matrix in matrices)
        {
            for (var row = 0; row < rows; row++)
                sums.AsSpan(row * columns, columns).CopyTo(matrix.AsSpan(((firstRow + row) * Leaves) + firstColumn, columns));
            if (mirror)
                StoreMirrored(structure, later, earlier, sums, matrix);
        }
    }

    private void StoreMirrored(SmootherStructure structure, int later, int earlier, double[] sums, double[] matrix)
    {
        var (rows, columns) = (structure.LeafCounts[later], structure.LeafCounts[earlier]);
        var (firstRow, firstColumn) = (structure.LeafOffsets[later], structure.LeafOffsets[earlier]);
        for (var column = 0; column < columns; column++)
        {
            for (var row = 0; row < rows; row++)
                matrix[((firstColumn + column) * Leaves) + firstRow + row] = sums[(row * columns) + column];
        }
    }

    private delegate void FillWeights(int firstRow, Span<double> weights);
}
