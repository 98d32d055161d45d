using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// One network's step in named stages: <see cref="Forward"/>, <see cref="Loss"/>, <see cref="Backward"/>, <see cref="Update"/>, <see cref="AfterStep"/>. A method
/// overrides the stages that it changes; <see cref="NetworkHook"/>s come between them.
/// </summary>
/// <param name="network">The network, which is disposed with the step.</param>
internal abstract class NetworkStep(TrainableNetwork network) : TrainingStep
{
    private const long RowsPerEvaluation = 4096;

    /// <summary>The network.</summary>
    public TrainableNetwork Network => network;

    /// <inheritdoc/>
    public override IReadOnlyList<TrainableNetwork> Networks { get; } = [network];

    /// <inheritdoc/>
    public override double Train(Batch batch, double learningRate)
    {
        network.Parameters.ZeroGradients();
        foreach (var hook in network.Hooks)
            hook.BeforeForward(network);
        var outputs = Forward(batch);
        var loss = Loss(outputs, batch);
        Backward(loss);
        using var noGradient = no_grad();
        foreach (var hook in network.Hooks)
            hook.AfterBackward(network);
        Update();
        foreach (var hook in network.Hooks)
            hook.AfterStep(network, learningRate);
        AfterStep(outputs, batch);
        return loss.item<float>();
    }

    /// <summary>Calls an action for runs of rows with the network in scoring mode and without autograd.</summary>
    /// <param name="table">The rows.</param>
    /// <param name="use">Gets each run; its tensors, and those made in the action, go with it.</param>
    public void Evaluate(TrainingTable table, Action<Batch> use)
    {
        using var noGradient = no_grad();
        network.Module.eval();
        for (var first = 0L; first < table.Count; first += RowsPerEvaluation)
        {
            using var scope = NewDisposeScope();
            use(table.Slice(first, Math.Min(RowsPerEvaluation, table.Count - first)));
        }
        network.Module.train();
    }

    /// <inheritdoc/>
    public override ValidationScore Validate(TrainingTable table)
    {
        double loss = 0, correct = 0, weight = 0;
        var classifies = false;
        Evaluate(table, batch =>
        {
            var outputs = Forward(batch);
            var rows = batch.TotalWeight;
            weight += rows;
            loss += rows * batch.Mean(RowLosses(outputs, batch)).item<float>();
            if (Hits(outputs, batch) is not { } hits)
                return;
            classifies = true;
            correct += rows * batch.Mean(hits).item<float>();
        });
        return new(loss / weight, classifies ? correct / weight : null);
    }

    /// <summary>Stage 1: the network's outputs, for logits [B, C] or predictions [B, 1].</summary>
    protected abstract Tensor Forward(Batch batch);

    /// <summary>The loss of each row that says how well outputs fit labels, [B]; validation uses it, and so does the plain <see cref="Loss"/>.</summary>
    protected abstract Tensor RowLosses(Tensor outputs, Batch batch);

    /// <summary>1 for every row that is classified as labelled and 0 for others, float [B]; <see langword="null"/> where nothing is classified.</summary>
    protected virtual Tensor? Hits(Tensor outputs, Batch batch) => null;

    /// <summary>Stage 2: the number that is differentiated; the weighted mean of <see cref="RowLosses"/>.</summary>
    protected virtual Tensor Loss(Tensor outputs, Batch batch) => batch.Mean(RowLosses(outputs, batch));

    /// <summary>Stage 3: gradients of the loss, added to those of the parameters.</summary>
    protected virtual void Backward(Tensor loss) => loss.backward();

    /// <summary>Stage 4: clips the gradients and changes the weights; without autograd.</summary>
    protected virtual void Update() => network.Step();

    /// <summary>Stage 5: whatever follows, histories of rows, say; without autograd.</summary>
    /// <param name="outputs">Outputs of the forward pass, before the step.</param>
    /// <param name="batch">The rows.</param>
    protected virtual void AfterStep(Tensor outputs, Batch batch)
    {
    }
}
