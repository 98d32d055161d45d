using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;

namespace MLExtensions.Trainers;

/// <summary>What the steps of a fit share.</summary>
/// <param name="Training">The training rows.</param>
/// <param name="Validation">Rows to choose the width of nested dropout by, or <see langword="null"/>.</param>
/// <param name="Nested">Nested dropout; <see langword="null"/> when it is off.</param>
/// <param name="Trace">What was predicted.</param>
internal sealed record NoiseRobustSetting(TrainingTable Training, TrainingTable? Validation, NestedDropout? Nested, LabelTrace Trace);

/// <summary>The step of one network with its defences: forward, with a mask on the features; loss, with other targets and a regulariser; histories afterwards.</summary>
/// <param name="network">The network of <paramref name="module"/>, which is disposed with the step.</param>
/// <param name="module">The module, with one output a class.</param>
/// <param name="setting">What the steps of the fit share.</param>
internal sealed class NoiseRobustStep(TrainableNetwork network, TabularNetwork module, NoiseRobustSetting setting) : ClassificationStep(network, module)
{
    private int _width = module.FeatureCount;
    private int _keptWidth = module.FeatureCount;
    private bool _isScored;

    /// <summary>Early-learning regularisation; <see langword="null"/> when it is off.</summary>
    public EarlyLearningRegularization? EarlyLearning { get; init; }

    /// <summary>Self-distillation; <see langword="null"/> when it is off.</summary>
    public SelfDistillation? Distillation { get; init; }

    /// <summary>Whether self-distillation takes its targets from a pass after the epoch.</summary>
    public bool RefreshesAfterEpoch { get; init; }

    /// <summary>Dropout of features, of a rate and with a generator of its own; <see langword="null"/> when it is off.</summary>
    public Dropout? FeatureDropout { get; init; }

    /// <summary>Number of features k* that the network is used with: chosen after every epoch of nested dropout, all otherwise.</summary>
    public int Width => _width;

    /// <inheritdoc/>
    public override void BeginEpoch(int epoch)
    {
        base.BeginEpoch(epoch);
        Distillation?.BeginEpoch(epoch);
    }

    /// <inheritdoc/>
    public override double Train(Batch batch, double learningRate)
    {
        setting.Nested?.Draw();
        return base.Train(batch, learningRate);
    }

    /// <summary>Trains on rows that have been scored, and whose averages have been updated, by <see cref="Score"/>.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="learningRate">Learning rate of the step.</param>
    public double TrainSelected(Batch batch, double learningRate)
    {
        _isScored = true;
        var loss = base.Train(batch, learningRate);
        _isScored = false;
        return loss;
    }

    /// <summary>Predictions and losses of all rows of a batch with the network as it would be used; the averages of early learning follow them.</summary>
    public (Tensor Probabilities, Tensor Losses) Score(Batch batch)
    {
        using var noGradient = no_grad();
        Module.eval();
        var logits = Forward(batch);
        Module.train();
        var probabilities = logits.softmax(1);
        EarlyLearning?.Update(batch.Rows, probabilities);
        return (probabilities, RowLosses(logits, batch));
    }

    /// <summary>Takes predictions as the next epoch's targets, unless a pass after the epoch does.</summary>
    public void Teach(Tensor rows, Tensor probabilities)
    {
        if (!RefreshesAfterEpoch)
            Distillation?.Teacher.Set(rows, probabilities);
    }

    /// <summary>Probabilities of rows with the network as it is used, [B, C].</summary>
    public Tensor Probabilities(Batch batch)
    {
        using var noGradient = no_grad();
        Module.eval();
        var probabilities = Forward(batch).softmax(1);
        Module.train();
        return probabilities;
    }

    /// <inheritdoc/>
    public override void EndEpoch(int epoch)
    {
        FinishEpoch();
        setting.Trace.EndEpoch(epoch);
    }

    /// <summary>Chooses the width of nested dropout, and the next epoch's targets, with the network as it stands.</summary>
    public void FinishEpoch()
    {
        if (setting.Nested is not null)
            _width = ChooseWidth(setting.Validation ?? setting.Training);
        if (Distillation is { } distillation && RefreshesAfterEpoch)
            Evaluate(setting.Training, batch => distillation.Teacher.Set(batch.Rows, Forward(batch).softmax(1)));
    }

    /// <inheritdoc/>
    public override void Keep()
    {
        base.Keep();
        EarlyLearning?.Targets.Keep();
        Distillation?.Teacher.Keep();
        _keptWidth = _width;
    }

    /// <inheritdoc/>
    public override void Restore()
    {
        base.Restore();
        EarlyLearning?.Targets.Restore();
        Distillation?.Teacher.Restore();
        _width = _keptWidth;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        DisposeHistories();
    }

    /// <summary>Disposes what the step has beside its network.</summary>
    public void DisposeHistories()
    {
        EarlyLearning?.Dispose();
        Distillation?.Dispose();
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Batch batch)
    {
        var features = Module.Features(batch);
        if (setting.Nested is { } nested)
            return Module.Head(features.narrow(1, 0, Module.training ? nested.Width : _width));
        return Module.Head(FeatureDropout?.Apply(features, Module.training) ?? features);
    }

    /// <inheritdoc/>
    protected override Tensor Loss(Tensor outputs, Batch batch)
    {
        if (EarlyLearning is null && Distillation is null)
            return base.Loss(outputs, batch);
        var logarithms = outputs.log_softmax(1);
        var losses = Distillation is null
            ? -logarithms.gather(1, batch.Labels!.unsqueeze(1)).squeeze(1)
            : -(Distillation.Targets(batch.Rows, batch.Labels!) * logarithms).sum(1);
        return batch.Mean(EarlyLearning is null ? losses : losses.Plus(EarlyLearningPenalties(EarlyLearning, batch, logarithms.exp())));
    }

    /// <inheritdoc/>
    protected override void AfterStep(Tensor outputs, Batch batch)
    {
        if (_isScored)
            return;
        setting.Trace.Record(batch.Rows, outputs);
        if (Distillation is not null)
            Teach(batch.Rows, outputs.softmax(1));
    }

    private Tensor EarlyLearningPenalties(EarlyLearningRegularization earlyLearning, Batch batch, Tensor probabilities)
    {
        if (!_isScored)
            earlyLearning.Update(batch.Rows, probabilities.detach());
        var (penalties, agreement) = earlyLearning.Regularize(batch.Rows, probabilities);
        setting.Trace.RecordAgreement(batch.Count, agreement.to(ScalarType.Float64).item<double>());
        return penalties;
    }

    private int ChooseWidth(TrainingTable table)
    {
        var hits = new double[Module.FeatureCount];
        var rows = 0.0;
        Evaluate(table, batch =>
        {
            rows += batch.TotalWeight;
            foreach (var (k, more) in NestedDropout.HitsByWidth(Module, batch).Index())
                hits[k] += more;
        });
        return NestedDropout.Best([.. hits.Select(count => count / rows)]);
    }
}
