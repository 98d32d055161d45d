using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>
/// How much tokens differ from row to row, position by position. A collapsed encoder gives every row the same token at a position, and other ones at other positions: statistics over all tokens
/// together look alive then.
/// </summary>
/// <remarks>
/// Sources: uniformity as in T. Wang, P. Isola, "Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere", ICML 2020, with t = 2; effective rank as in
/// O. Roy, M. Vetterli, "The effective rank", EUSIPCO 2007.
/// </remarks>
/// <param name="Deviations">Standard deviation over the rows, averaged over the numbers of a token, of each position.</param>
/// <param name="Variances">Variance over the rows, averaged over the numbers of a token, of each position.</param>
/// <param name="ExplainedShare">Variance within positions over all variance, rows and positions together; 0 to 1.</param>
/// <param name="Uniformity">Logarithm of the mean of exp(-2 d^2) over pairs of rows, d the distance of their tokens at length 1; mean over the positions. 0 where all are the same, less otherwise.</param>
/// <param name="EffectiveRank">exp of the entropy of the singular values of the centred tokens of a position, as shares of their sum; mean over the positions. It does not see how small they are.</param>
internal sealed record TokenStatistics(double[] Deviations, double[] Variances, double ExplainedShare, double Uniformity, double EffectiveRank)
{
    // Pairs grow with the square.
    private const int RowsOfPairs = 256;

    /// <summary>Measures tokens.</summary>
    /// <param name="tokens">[n, positions, width], at least two rows.</param>
    /// <returns>The statistics; all NaN where a token is not finite.</returns>
    public static TokenStatistics Of(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        // Eigenvalues of what is no number are an error of libtorch: what diverged is to be measured as unhealthy.
        if (!tokens.isfinite().all().item<bool>())
            return NotFinite((int)tokens.shape[1]);
        var x = tokens.to(ScalarType.Float64);
        var means = x.mean([0]);
        var centred = x - means;
        var variances = (centred * centred).mean([0]);
        var within = variances.mean([1]);
        var between = means.var(0, unbiased: false).mean();
        return new(
            variances.sqrt().mean([1]).data<double>().ToArray(), within.data<double>().ToArray(),
            within.mean().div(within.mean().Plus(between)).item<double>(), UniformityOf(x), EffectiveRankOf(centred));
    }

    private static TokenStatistics NotFinite(int positions)
    {
        double[] each = [.. Enumerable.Repeat(double.NaN, positions)];
        return new(each, each, double.NaN, double.NaN, double.NaN);
    }

    private static double UniformityOf(Tensor x)
    {
        var rows = Math.Min(RowsOfPairs, x.shape[0]);
        var directions = nn.functional.normalize(x.narrow(0, 0, rows), dim: 2).transpose(0, 1);
        var cosines = directions.matmul(directions.transpose(1, 2));
        // exp(-2 d^2) with d^2 = 2 - 2 cos; a row with itself is no pair.
        var sums = cosines.Plus(-1).Times(4).exp().sum([1, 2]).Plus(-rows);
        return sums.Over(rows * (rows - 1)).log().mean().item<double>();
    }

    private static double EffectiveRankOf(Tensor centred)
    {
        var columns = centred.permute(1, 2, 0);
        var singular = linalg.eigvalsh(columns.matmul(columns.transpose(1, 2))).AtLeast(0).sqrt();
        var shares = singular.div(singular.sum(1, keepdim: true).AtLeast(double.Epsilon));
        return special.entr(shares).sum(1).exp().mean().item<double>();
    }
}
