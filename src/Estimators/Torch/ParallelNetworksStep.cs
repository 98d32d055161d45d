using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// The step of several classifiers side by side, each on rows of its own: the rows of a batch are positions in an order, and each network has its own order, drawn anew in
/// every epoch. A network whose weights are no longer numbers does not stop the others.
/// </summary>
internal class ParallelNetworksStep : TrainingStep
{
    private readonly TrainableNetwork _network;
    private readonly Generator[] _orders;
    private readonly bool[] _diverged;
    private Tensor? _rows;
    private double _loss;

    /// <summary>Takes over the networks, which are disposed with the step.</summary>
    /// <param name="module">The networks.</param>
    /// <param name="table">The rows that <see cref="TrainingLoop"/> is given, too.</param>
    /// <param name="settings">Optimiser, decay, momentum. Gradients are not clipped: a norm over all networks would tie them together.</param>
    /// <param name="fit">Random numbers.</param>
    /// <param name="numbers">Numbers of the networks among those of the fit: each has its own draws.</param>
    public ParallelNetworksStep(ParallelNetworks module, TrainingTable table, TrainingSettings settings, TorchFit fit, IReadOnlyList<int> numbers)
    {
        (Module, Table) = (module, table);
        _network = new(module, settings with { MaximumGradientNorm = null });
        // The loop has the first generator of this use.
        _orders = [.. numbers.Select(number => fit.Generator(RandomUse.Shuffling, network: 1 + number))];
        _diverged = new bool[module.Count];
        Networks = [_network];
    }

    /// <summary>The networks.</summary>
    public ParallelNetworks Module { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<TrainableNetwork> Networks { get; }

    /// <summary>Which networks have diverged.</summary>
    public IReadOnlyList<bool> Diverged => _diverged;

    /// <summary>The training rows.</summary>
    protected TrainingTable Table { get; }

    /// <inheritdoc/>
    public override void BeginEpoch(int epoch)
    {
        base.BeginEpoch(epoch);
        _rows?.Dispose();
        using var scope = NewDisposeScope();
        _rows = stack(_orders.Select(order => randperm(Table.Count, ScalarType.Int64, device: CPU, generator: order))).to(Table.Features.device).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override double Train(Batch batch, double learningRate)
    {
        var rows = _rows!.index_select(1, batch.Rows);
        var own = Table.Gather(rows.flatten());
        _network.Parameters.ZeroGradients();
        var logits = Module.Forward(PerNetwork(own.Features), own.Categories is null ? null : PerNetwork(own.Categories));
        var losses = Losses(logits, own);
        losses.sum().backward();
        using var noGradient = no_grad();
        _network.Step();
        AfterStep(rows, logits, own.Labels!);
        return _loss = MeanOfFinite(losses);
    }

    /// <inheritdoc/>
    public override void EndEpoch(int epoch)
    {
        foreach (var (network, isFinite) in Module.AreFinite().Index())
            _diverged[network] |= !isFinite;
    }

    /// <summary>The mean loss of the last batch: nothing is chosen by it.</summary>
    public override ValidationScore Validate(TrainingTable table) => new(_loss, null);

    /// <summary>A network that has diverged is told by <see cref="Diverged"/>.</summary>
    public override bool IsFinite() => true;

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _rows?.Dispose();
    }

    /// <summary>Whatever follows the change of the weights; without autograd.</summary>
    /// <param name="rows">Positions of each network's rows in the table, int64 [R, B].</param>
    /// <param name="logits">Outputs of the forward pass, before the step, [R, B, C].</param>
    /// <param name="labels">Classes of the rows, int64 [R B].</param>
    protected virtual void AfterStep(Tensor rows, Tensor logits, Tensor labels)
    {
    }

    private Tensor PerNetwork(Tensor rows) => rows.view(Module.Count, -1, rows.shape[1]);

    // The weighted mean of each network's rows, [R].
    private Tensor Losses(Tensor logits, Batch batch)
    {
        var losses = F.cross_entropy(logits.flatten(0, 1), batch.Labels!, reduction: nn.Reduction.None).view(Module.Count, -1);
        if (batch.Weights is null)
            return losses.mean([1]);
        var weights = batch.Weights.view(Module.Count, -1);
        return (losses * weights).sum(1) / weights.sum(1);
    }

    private static double MeanOfFinite(Tensor losses)
    {
        var mean = losses.mean().item<float>();
        if (float.IsFinite(mean))
            return mean;
        // What TrainingLoop takes for a loss, and what a reader of the log takes for none.
        return Numbers.Of(losses).Where(float.IsFinite).DefaultIfEmpty(float.MaxValue).Average(loss => (double)loss);
    }
}
