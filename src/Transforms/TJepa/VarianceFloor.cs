using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Transforms;

/// <summary>What context tokens cost that hardly differ from row to row: the mean over the columns of max(0, 0.1 - their standard deviation).</summary>
internal static class VarianceFloor
{
    private const double SmallestDeviation = 0.1;
    // Keeps the slope of a root finite.
    private const double Epsilon = 1e-6;

    /// <summary>The cost.</summary>
    /// <param name="context">The context tokens, [B x nc, h].</param>
    /// <param name="masks">Which columns they are.</param>
    /// <param name="tokenCount">More than the largest position of a column.</param>
    public static Tensor Of(Tensor context, Masks masks, int tokenCount)
    {
        // Rows have other columns in their context: sums are taken by column.
        var columns = F.one_hot(masks.ContextColumns, tokenCount).to(context.dtype).t();
        var counts = columns.sum(1, keepdim: true);
        var present = counts.IsAbove(1).to(context.dtype).squeeze(1);
        var sizes = counts.AtLeast(1);
        var means = columns.matmul(context).div(sizes);
        var squares = columns.matmul(context * context).div(sizes);
        var deviations = squares.sub(means * means).AtLeast(0).Plus(Epsilon).sqrt().mean([1]);
        var lacking = F.relu(ScalarArithmetic.Plus(deviations.negative(), SmallestDeviation));
        return (lacking * present).sum().div(present.sum().AtLeast(1));
    }
}
