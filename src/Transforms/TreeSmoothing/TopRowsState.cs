namespace MLExtensions.Transforms;

/// <summary>What naming the training rows behind a score takes: where they are in the trees, and how leaves share the score out.</summary>
/// <param name="RowNumbers">Number of each training row in its view.</param>
/// <param name="Leaves">For each trained tree the leaf of every training row.</param>
/// <param name="Bags">For each trained tree how often each row is in its bag, <see langword="null"/> for once.</param>
/// <param name="RowFactors">What the weights of each row are multiplied by in trained trees; empty for 1.</param>
/// <param name="StartFactors">What they are in a start at the mean; empty for 1.</param>
/// <param name="Shares">
/// Of a forest, the weight of a row of each leaf in its mean, divided by the number of trees [P]; of a boosted model A, the leaf functionals as combinations of the sums of all
/// leaves [P, P].
/// </param>
internal sealed record TopRowsState(double[] RowNumbers, ushort[][] Leaves, byte[][]? Bags, double[] RowFactors, double[] StartFactors, double[] Shares);
