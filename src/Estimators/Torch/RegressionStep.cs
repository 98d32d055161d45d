using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>The plain step of a regression: one output and the squared error of the standardised target.</summary>
/// <param name="network">The network of <paramref name="module"/>.</param>
/// <param name="module">The module, with one output.</param>
internal class RegressionStep(TrainableNetwork network, TabularNetwork module) : NetworkStep(network)
{
    /// <inheritdoc/>
    public override int MinimumRows => module.MinimumRows;

    /// <inheritdoc/>
    protected override Tensor Forward(Batch batch) => module.Forward(batch);

    /// <inheritdoc/>
    protected override Tensor RowLosses(Tensor outputs, Batch batch)
    {
        var errors = outputs.squeeze(1) - batch.Labels!;
        return errors * errors;
    }
}
