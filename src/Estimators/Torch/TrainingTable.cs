using MLExtensions.Estimators.Data;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>All rows as contiguous tensors on the device that trains; a row's position never changes.</summary>
internal sealed class TrainingTable : IDisposable
{
    // In units of the mean: counts for nothing beside other rows, yet a batch of nothing else has a mean.
    private const double SmallestWeight = 1e-30;

    private readonly Tensor _positions;

    /// <summary>Takes over the tensors, which are disposed with it.</summary>
    /// <param name="features">Inputs of the network, float [n, D].</param>
    /// <param name="categories">Categories, int64 [n, columns], or <see langword="null"/>.</param>
    /// <param name="labels">Classes, int64 [n], or targets, float [n], or <see langword="null"/>.</param>
    /// <param name="weights">Example weights, float [n]; <see langword="null"/> when all are equal.</param>
    public TrainingTable(Tensor features, Tensor? categories = null, Tensor? labels = null, Tensor? weights = null)
    {
        (Features, Categories, Labels, Weights) = (features, categories, labels, weights);
        Count = features.shape[0];
        _positions = ScalarArithmetic.Positions(Count, features.device);
        foreach (var tensor in Tensors())
            tensor.DetachFromDisposeScope();
    }

    /// <summary>Number of rows n.</summary>
    public long Count { get; }

    /// <summary>Inputs of the network, float [n, D].</summary>
    public Tensor Features { get; }

    /// <summary>Categories, int64 [n, columns]; <see langword="null"/> for a table without categorical columns.</summary>
    public Tensor? Categories { get; }

    /// <summary>Classes, int64 [n], or targets, float [n]; <see langword="null"/> for a table without labels.</summary>
    public Tensor? Labels { get; }

    /// <summary>Example weights in units of their mean, float [n]; <see langword="null"/> when all are equal.</summary>
    public Tensor? Weights { get; }

    /// <summary>Copies rows to a device.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="scaling">How their features become inputs.</param>
    /// <param name="device">The device that trains.</param>
    /// <param name="targetScaling">How the targets of a regression are standardised; <see langword="null"/> for classification.</param>
    public static TrainingTable From(RowBlock rows, FeatureScaling scaling, Device device, TargetScaling? targetScaling = null)
    {
        using var scope = NewDisposeScope();
        var features = tensor(scaling.Apply(rows), [rows.Count, scaling.InputCount]).to(device);
        var labels = targetScaling is null
            ? tensor(Array.ConvertAll(rows.Classes.ToArray(), label => (long)label)).to(device)
            : tensor(targetScaling.Apply(rows.Targets)).to(device);
        return new(features, CategoriesOf(rows)?.to(device), labels, WeightsOf(rows)?.to(device));
    }

    // Equal weights cancel in every batch, and so does a common factor: without it sums and products of any weights are well inside the range of Single.
    private static Tensor? WeightsOf(RowBlock rows)
    {
        if (!rows.Weights.ContainsAnyExcept(rows.Weights.IsEmpty ? 1 : rows.Weights[0]))
            return null;
        double[] weights = [.. rows.Weights.ToArray()];
        var mean = weights.Average();
        return tensor(Array.ConvertAll(weights, weight => (float)Math.Max(SmallestWeight, weight / mean)));
    }

    private static Tensor? CategoriesOf(RowBlock rows) => rows.CategoricalColumnCount == 0
        ? null
        : stack(Enumerable.Range(0, rows.CategoricalColumnCount).Select(column => tensor(rows.Categories(column).ToArray(), ScalarType.Int64)), dim: 1);

    /// <summary>The rows at the given positions.</summary>
    /// <param name="positions">int64 [B], on the table's device.</param>
    public Batch Gather(Tensor positions) => new(
        positions, Features.index_select(0, positions), Categories?.index_select(0, positions), Labels?.index_select(0, positions), Weights?.index_select(0, positions));

    /// <summary>Rows in a run, without copying them.</summary>
    public Batch Slice(long first, long count) => new Batch(_positions, Features, Categories, Labels, Weights).Slice(first, count);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors())
            tensor.Dispose();
    }

    private IEnumerable<Tensor> Tensors() => new[] { _positions, Features, Categories, Labels, Weights }.OfType<Tensor>();
}
