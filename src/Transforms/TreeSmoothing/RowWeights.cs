using System.Numerics.Tensors;

namespace MLExtensions.Transforms;

/// <summary>How much each training row counts in each tree, b_t[i]: its example weight times how often it is in the tree's bag.</summary>
/// <param name="examples">The example weights, <see langword="null"/> for 1 everywhere.</param>
/// <param name="bags">For each bag how often a row is in it, <see langword="null"/> where every tree sees all rows.</param>
/// <param name="treesPerBag">Trees that share a bag.</param>
/// <param name="classes">The weight of each row's class, which does not count for a start at the mean; <see langword="null"/> for 1 everywhere.</param>
internal sealed class RowWeights(double[]? examples = null, byte[][]? bags = null, int treesPerBag = 1, double[]? classes = null)
{
    /// <summary>Every row counts 1 in every tree.</summary>
    public static RowWeights Ones { get; } = new();

    /// <summary>Whether every row counts 1 in every tree.</summary>
    public bool AreOnes => examples is null && bags is null && classes is null;

    /// <summary>Whether rows count differently in different trees, a start at the mean included.</summary>
    public bool DifferByTree => bags is not null || classes is not null;

    /// <summary>The weights of a run of rows in a tree.</summary>
    /// <param name="tree">Number of the tree, from 0; below 0 for the example weights alone.</param>
    /// <param name="firstRow">The first row.</param>
    /// <param name="weights">One weight a row.</param>
    public void Fill(int tree, int firstRow, Span<double> weights)
    {
        if (examples is null)
            weights.Fill(1);
        else
            examples.AsSpan(firstRow, weights.Length).CopyTo(weights);
        if (tree < 0)
            return;
        if (classes is not null)
            TensorPrimitives.Multiply(weights, classes.AsSpan(firstRow, weights.Length), weights);
        if (bags is null)
            return;
        var bag = bags[tree / treesPerBag].AsSpan(firstRow, weights.Length);
        for (var i = 0; i < weights.Length; i++)
            weights[i] *= bag[i];
    }

    /// <summary>How often a row is in a tree's bag.</summary>
    public int CountOf(int tree, int row) => BagOf(tree)?[row] ?? 1;

    /// <summary>How often each row is in a tree's bag; <see langword="null"/> for once.</summary>
    public byte[]? BagOf(int tree) => bags?[tree / treesPerBag];

    /// <summary>The weights without bags.</summary>
    public RowWeights WithoutBags() => new(examples, null, 1, classes);
}
