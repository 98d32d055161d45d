using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Estimators.Torch;

/// <summary>The plain step of a classifier: logits and cross-entropy, -ln of the probability of the labelled class, in nats.</summary>
/// <param name="network">The network of <paramref name="module"/>.</param>
/// <param name="module">The module, with one output a class.</param>
internal class ClassificationStep(TrainableNetwork network, TabularNetwork module) : NetworkStep(network)
{
    /// <summary>The module.</summary>
    public TabularNetwork Module => module;

    /// <inheritdoc/>
    public override int MinimumRows => module.MinimumRows;

    /// <inheritdoc/>
    protected override Tensor Forward(Batch batch) => module.Forward(batch);

    /// <inheritdoc/>
    protected override Tensor RowLosses(Tensor outputs, Batch batch) => F.cross_entropy(outputs, batch.Labels!, reduction: nn.Reduction.None);

    /// <inheritdoc/>
    protected override Tensor? Hits(Tensor outputs, Batch batch) => outputs.argmax(1).eq(batch.Labels!).to(ScalarType.Float32);
}
