using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>The rows of one step, as tensors that live as long as the dispose scope they were made in.</summary>
/// <param name="Rows">Positions of the rows in their table, int64 [B]: what histories are indexed by.</param>
/// <param name="Features">Inputs of the network, [B, D].</param>
/// <param name="Categories">Categories, int64 [B, columns]; <see langword="null"/> for a table without categorical columns.</param>
/// <param name="Labels">Classes, int64 [B], or targets, float [B]; <see langword="null"/> for a table without labels.</param>
/// <param name="Weights">Example weights, float [B]; <see langword="null"/> when all are equal.</param>
internal sealed record Batch(Tensor Rows, Tensor Features, Tensor? Categories, Tensor? Labels, Tensor? Weights)
{
    /// <summary>Number of rows B.</summary>
    public long Count => Rows.shape[0];

    /// <summary>Sum of the weights of the rows.</summary>
    public double TotalWeight => Weights is null ? Count : Weights.sum(ScalarType.Float64).item<double>();

    /// <summary>The mean of one number a row, weighted by the rows' weights over their sum.</summary>
    /// <param name="values">One number a row, [B].</param>
    public Tensor Mean(Tensor values) => Weights is null ? values.mean() : (values * Weights).sum() / Weights.sum();

    /// <summary>Rows in a run, without copying them.</summary>
    public Batch Slice(long first, long count)
    {
        Tensor? Part(Tensor? tensor) => tensor?.narrow(0, first, count);
        return new(Part(Rows)!, Part(Features)!, Part(Categories), Part(Labels), Part(Weights));
    }

    /// <summary>Some of the rows.</summary>
    /// <param name="positions">Positions in this batch, int64.</param>
    public Batch Select(Tensor positions) => new(
        Rows.index_select(0, positions), Features.index_select(0, positions), Categories?.index_select(0, positions), Labels?.index_select(0, positions), Weights?.index_select(0, positions));
}
