using System.Numerics.Tensors;

namespace MLExtensions.Transforms;

/// <summary>
/// A trained ensemble on its training rows with everything but the labels fixed: which leaf each row reaches, how much it counts there, and the factor
/// that turns a leaf's sum into its value. Scores are then linear in the labels: f(x) = s(x)^T y.
/// </summary>
/// <remarks>
/// <para>
/// Boosting (section 3 of the card): S^t = S^(t-1) + w_t of the leaf reached, w_l = factor_l * sum over the rows of the leaf of b_i (e_i - S_i^(t-1)), with factor_l = eta / (m_l + lambda).
/// A start at the mean label is a first tree with a single leaf and the factor 1 / (sum of weights). A forest drops S_i^(t-1), has factor_l = 1 / m_l and divides by the number of trees.
/// </para>
/// <para>Sources: A. Curth, A. Jeffares, M. van der Schaar, "Why do Random Forests Work? Understanding Tree Ensembles as Self-Regularizing Adaptive Smoothers", 2024,
/// arXiv 2402.01502, sections 2 and 3; "A U-turn on Double Descent", NeurIPS 2023, arXiv 2310.18988, appendix on boosting.</para>
/// </remarks>
internal sealed class SmootherStructure
{
    /// <summary>Takes the structure.</summary>
    /// <param name="leafCounts">Leaves of each tree; a start at the mean is the first of them.</param>
    /// <param name="leaves">For each tree the leaf of every training row.</param>
    /// <param name="weights">What a row counts, by number of the trained tree.</param>
    /// <param name="rowCount">Training rows.</param>
    public SmootherStructure(int[] leafCounts, ushort[][] leaves, RowWeights weights, int rowCount)
    {
        (LeafCounts, Leaves, Weights, RowCount) = (leafCounts, leaves, weights, rowCount);
        LeafOffsets = new int[leafCounts.Length + 1];
        for (var tree = 0; tree < leafCounts.Length; tree++)
            LeafOffsets[tree + 1] = LeafOffsets[tree] + leafCounts[tree];
        Factors = new double[LeafTotal];
        Mixing = new LeafSmoothing?[leafCounts.Length];
    }

    /// <summary>n.</summary>
    public int RowCount { get; }

    /// <summary>Trees, a start at the mean included.</summary>
    public int TreeCount => LeafCounts.Length;

    public int[] LeafCounts { get; }

    /// <summary>For each tree the number of its first leaf among all leaves; at the end the number of all.</summary>
    public int[] LeafOffsets { get; }

    /// <summary>P: the leaves of all trees, a start at the mean included.</summary>
    public int LeafTotal => LeafOffsets[^1];

    /// <summary>For each tree the leaf of every training row, in-bag or not.</summary>
    public ushort[][] Leaves { get; }

    public RowWeights Weights { get; }

    public required LeafRule Rule { get; init; }

    /// <summary>Whether the first tree is the start at the mean.</summary>
    public bool HasStart { get; init; }

    /// <summary>What the label weights of the loss are multiplied by: the sigmoid factor of the logistic loss, otherwise 1.</summary>
    public double LabelFactor { get; init; } = 1;

    /// <summary>What turns the sum of a leaf into its value; 0 for a leaf without rows and for a tree that was never used.</summary>
    public double[] Factors { get; }

    /// <summary>For each tree what mixes its leaf values (FastTree's smoothing), or <see langword="null"/>.</summary>
    public LeafSmoothing?[] Mixing { get; }

    /// <summary>What the trees' sum is divided by.</summary>
    public double Divisor => DivisorAfter(TreeCount);

    /// <summary>What the sum of the first trees is divided by.</summary>
    public double DivisorAfter(int trees) => Rule is { IsForest: true, IsSummed: false } ? trees : 1;

    /// <summary>Number of the trained tree, below 0 for the start.</summary>
    public int TrainedTree(int tree) => HasStart ? tree - 1 : tree;

    /// <summary>The weights of the labels of a run of rows in a tree's leaf sums.</summary>
    public void FillLabelWeights(int tree, int firstRow, Span<double> weights)
    {
        Weights.Fill(TrainedTree(tree), firstRow, weights);
        if (LabelFactor == 1 || TrainedTree(tree) < 0)
            return;
        foreach (ref var weight in weights)
            weight *= LabelFactor;
    }

    /// <summary>A tree's leaf values from the sums of its leaves.</summary>
    public void Finish(int tree, ReadOnlySpan<double> sums, Span<double> values)
    {
        TensorPrimitives.Multiply(sums, Factors.AsSpan(LeafOffsets[tree], LeafCounts[tree]), values);
        Mix(tree, values);
    }

    /// <summary>Mixes a tree's leaf values, where its leaves are smoothed.</summary>
    public void Mix(int tree, Span<double> values) => Mixing[tree]?.Apply(values);

    /// <summary>The transpose of <see cref="Finish"/>: how the sums of the leaves act on a combination of their values.</summary>
    public void FinishTransposed(int tree, ReadOnlySpan<double> values, Span<double> sums)
    {
        var factors = Factors.AsSpan(LeafOffsets[tree], LeafCounts[tree]);
        values.CopyTo(sums);
        Mixing[tree]?.ApplyTransposed(sums);
        TensorPrimitives.Multiply(sums, factors, sums);
    }
}
