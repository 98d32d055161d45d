using MLExtensions.Estimators.Torch;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Transforms;

/// <summary>
/// Measures, on the same rows and masks after every epoch, whether tokens still differ from row to row and whether the predictions are better than their means. Its tensors live as long as the dispose scope
/// it was made in.
/// </summary>
internal sealed class CollapseMonitor
{
    private const long MostRows = 1024;
    private const long RowsPerMask = 256;

    private readonly Batch _rows;
    private readonly List<(Batch Rows, Masks Masks)> _parts = [];
    private readonly Tensor _varying;

    /// <summary>Draws the rows and the masks.</summary>
    /// <param name="table">The training rows, at least 2.</param>
    /// <param name="masks">Draws masks; one of the monitor's own, so that training does not depend on it.</param>
    /// <param name="varying">Positions of the columns that are not constant.</param>
    /// <param name="random">Draws the rows.</param>
    public CollapseMonitor(TrainingTable table, MaskSampler masks, int[] varying, Generator random)
    {
        var device = table.Features.device;
        var order = randperm(table.Count, ScalarType.Int64, device: CPU, generator: random);
        _rows = table.Gather(order.narrow(0, 0, Math.Min(MostRows, table.Count)).to(device));
        for (var first = 0L; first < _rows.Count; first += RowsPerMask)
        {
            var part = _rows.Slice(first, Math.Min(RowsPerMask, _rows.Count - first));
            _parts.Add((part, masks.Draw((int)part.Count, device)));
        }
        _varying = tensor(Array.ConvertAll(varying, column => (long)column)).to(device);
    }

    /// <summary>Statistics of the target encoder's tokens of all columns, in the order of the columns.</summary>
    /// <param name="target">The target encoder.</param>
    public TokenStatistics StatisticsOf(ColumnEncoder target)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var columns = target.forward(_rows.Features, _rows.Categories).narrow(1, target.Layout.SummaryTokens, target.Layout.ColumnCount);
        return TokenStatistics.Of(columns);
    }

    /// <summary>Measures an epoch.</summary>
    /// <param name="network">What is trained.</param>
    /// <param name="target">The target encoder.</param>
    /// <returns>The statistics of the tokens of columns that are not constant, and the normalised loss.</returns>
    public (TokenStatistics Tokens, double NormalizedLoss) Measure(TJepaNetwork network, ColumnEncoder target)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        network.eval();
        var layout = target.Layout;
        var tokens = target.forward(_rows.Features, _rows.Categories);
        // Of all tokens: where masks are drawn as in the published code, one that stands for no column may be a target.
        var variances = tokens.var(0, unbiased: false).mean([1]);
        using var count = layout.TokenCount.ToScalar();
        double loss = 0, variance = 0;
        var first = 0L;
        foreach (var (rows, masks) in _parts)
        {
            var encoded = tokens.narrow(0, first, rows.Count).reshape(-1, tokens.shape[2]);
            var predictions = network.forward(rows.Features, rows.Categories, masks);
            loss += rows.Count * F.mse_loss(predictions, encoded.index_select(0, masks.TargetTokens)).item<float>();
            variance += rows.Count * variances.index_select(0, masks.TargetTokens.remainder(count)).mean().item<float>();
            first += rows.Count;
        }
        network.train();
        return (TokenStatistics.Of(tokens.narrow(1, layout.SummaryTokens, layout.ColumnCount).index_select(1, _varying)), loss / variance);
    }
}
