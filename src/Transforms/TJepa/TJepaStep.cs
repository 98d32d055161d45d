using MLExtensions.Estimators.Torch;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Transforms;

/// <summary>
/// The step of T-JEPA: from some columns of a row, as the context encoder sees them, predict other columns of the same row as the target encoder sees them, which follows the context encoder. After each epoch it
/// measures how healthy the encoder is, and keeps the best.
/// </summary>
/// <remarks>Source: H. Thimonier, J. L. De Melo Costa, F. Popineau, A. Rimmel, B.-L. Doan, "T-JEPA: Augmentation-Free Self-Supervised Learning for Tabular Data", ICLR 2025, section 4.</remarks>
/// <param name="setting">What the step works with.</param>
internal sealed class TJepaStep(TJepaSetting setting) : TrainingStep
{
    private readonly List<TJepaEpoch> _epochs = [];
    private long _steps, _step;
    private double _learningRate, _loss, _rows;
    private bool _warned;

    /// <summary>What the step works with.</summary>
    public TJepaSetting Setting => setting;

    /// <inheritdoc/>
    public override IReadOnlyList<TrainableNetwork> Networks { get; } = [setting.Network];

    /// <summary>The predictions of one row have no variance to compare with.</summary>
    public override int MinimumRows => 2;

    /// <inheritdoc/>
    public override IReadOnlyList<string> MetricNames => setting.Probe is null
        ? ["normalised loss", "smallest deviation", "explained share", "effective rank"]
        : ["normalised loss", "smallest deviation", "explained share", "effective rank", "probe score"];

    /// <inheritdoc/>
    public override IReadOnlyList<double> Metrics => _epochs[^1] is var epoch && epoch.ProbeScore is { } score
        ? [epoch.NormalizedLoss, epoch.SmallestDeviation, epoch.ExplainedShare, epoch.EffectiveRank, score]
        : [epoch.NormalizedLoss, epoch.SmallestDeviation, epoch.ExplainedShare, epoch.EffectiveRank];

    /// <summary>The epochs so far.</summary>
    public IReadOnlyList<TJepaEpoch> Epochs => _epochs;

    /// <summary>Number of the epoch that is kept, 0 before there is any.</summary>
    public int BestEpoch { get; private set; }

    /// <summary>Begins with the weights of an earlier fit.</summary>
    /// <exception cref="FormatException">A weight is missing, or has another shape.</exception>
    public void GoOnFrom(TJepaWeights weights)
    {
        weights.Context.CopyTo(setting.Module.Encoder);
        weights.Predictor.CopyTo(setting.Module.Predictor);
        weights.Target.CopyTo(setting.Target);
    }

    /// <inheritdoc/>
    public override void Begin(long steps) => (_steps, _step) = (steps, 0);

    /// <inheritdoc/>
    public override void BeginEpoch(int epoch)
    {
        base.BeginEpoch(epoch);
        (_loss, _rows) = (0, 0);
    }

    /// <inheritdoc/>
    public override double Train(Batch batch, double learningRate)
    {
        setting.Network.Parameters.ZeroGradients();
        var masks = setting.Masks.Draw((int)batch.Count, batch.Features.device);
        var targets = Targets(batch, masks);
        var (numbers, categories) = Hide(batch);
        var context = setting.Module.Context(numbers, categories, masks);
        var error = F.mse_loss(setting.Module.Predictor.forward(context, masks), targets);
        var loss = setting.Options.VarianceFloor ? error.Plus(VarianceFloor.Of(context, masks, setting.Layout.TokenCount)) : error;
        loss.backward();
        using var noGradient = no_grad();
        setting.Network.Step();
        setting.Average.Update(Momentum(setting.Options, _step++, _steps));
        var value = error.item<float>();
        (_learningRate, _loss, _rows) = (learningRate, _loss + (batch.Count * (double)value), _rows + batch.Count);
        return value;
    }

    /// <summary>How much of the target encoder stays in a step.</summary>
    /// <param name="options">The first and the last share.</param>
    /// <param name="step">Number of the step, from 0.</param>
    /// <param name="steps">All steps.</param>
    public static double Momentum(TJepaFeaturizer.Options options, long step, long steps) => options.EmaStart + (step * (options.EmaEnd - options.EmaStart) / steps);

    /// <inheritdoc/>
    public override void EndEpoch(int epoch)
    {
        var (tokens, normalizedLoss) = setting.Monitor.Measure(setting.Module, setting.Target);
        double? score = setting.Probe is { } probe && IsProbed(epoch) ? probe.Score(Encode) : null;
        TJepaEpoch now = new(
            epoch, _learningRate, _loss / _rows, normalizedLoss, tokens.Deviations.Min(), tokens.ExplainedShare, tokens.Uniformity, tokens.EffectiveRank, score);
        _epochs.Add(now);
        WarnOfCollapse();
        // A latest epoch is as good as an earlier one with the same score.
        var isCandidate = now.IsHealthy && (setting.Probe is null || (score is not null && !_epochs.SkipLast(1).Any(earlier => earlier.IsHealthy && earlier.ProbeScore > score)));
        if (!isCandidate)
            return;
        BestEpoch = epoch;
        Keep();
    }

    /// <inheritdoc/>
    public override bool Recover()
    {
        if (BestEpoch == 0)
            return false;
        setting.Context.Warn($"The loss is no longer a number after epoch {_epochs.Count}: training ends with epoch {BestEpoch}, the best one that was healthy. Lower {nameof(TJepaFeaturizer.Options.LearningRate)}.");
        return true;
    }

    /// <inheritdoc/>
    public override void Finish()
    {
        if (BestEpoch > 0)
            Restore();
        else
            BestEpoch = _epochs.Count;
    }

    /// <inheritdoc/>
    public override ValidationScore Validate(TrainingTable table) => new(_epochs[BestEpoch - 1].Loss, null);

    /// <inheritdoc/>
    public override void Keep()
    {
        base.Keep();
        setting.Average.Keep();
    }

    /// <inheritdoc/>
    public override void Restore()
    {
        base.Restore();
        setting.Average.Restore();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        setting.Average.Dispose();
    }

    private void WarnOfCollapse()
    {
        if (_warned || _epochs.Count < 2 || _epochs[^1].IsHealthy || _epochs[^2].IsHealthy)
            return;
        _warned = true;
        setting.Context.Warn(FormattableString.Invariant(
            $"The encoder gives nearly the same tokens to all rows after epoch {_epochs.Count}: smallest deviation {_epochs[^1].SmallestDeviation:G3}, explained share {_epochs[^1].ExplainedShare:G3}, expected at least 0.02. ")
            + $"If it lasts, lower {nameof(TJepaFeaturizer.Options.LearningRate)}, raise {nameof(TJepaFeaturizer.Options.EmaStart)} or {nameof(TJepaFeaturizer.Options.SmallestContextShare)}, or set {nameof(TJepaFeaturizer.Options.VarianceFloor)}.");
    }

    // A tenth of the epochs, and always the last one.
    private bool IsProbed(int epoch) => epoch % Math.Max(1, setting.Options.Epochs / 10) == 0 || epoch == setting.Options.Epochs;

    private Tensor Encode(Batch rows) => TokenPooling.Apply(setting.Target.forward(rows.Features, rows.Categories), setting.Output, setting.Options.RegTokens);

    private Tensor Targets(Batch batch, Masks masks)
    {
        using var noGradient = no_grad();
        var tokens = setting.Target.Tokens(batch.Features, batch.Categories, setting.HasMissing);
        var count = setting.Layout.TokenCount;
        return setting.Target.Encode(tokens.view(-1, tokens.shape[2]), count, count).index_select(0, masks.TargetTokens);
    }

    /// <summary>What the context encoder gets to see of a batch: missing and unknown values get a meaning also in columns where no training row misses one.</summary>
    /// <returns>The numbers, NaN where hidden, and the categories, 0 where hidden; the batch stays as it is.</returns>
    public (Tensor Numbers, Tensor? Categories) Hide(Batch batch)
    {
        if (setting.Options.HiddenValueRate == 0)
            return (batch.Features, batch.Categories);
        using var noGradient = no_grad();
        using var missing = double.NaN.ToScalar();
        using var none = 0.ToScalar();
        Tensor Hidden(Tensor values) => Bernoulli.Fill(empty(values.shape, ScalarType.Bool, values.device), setting.Options.HiddenValueRate, setting.Hiding);
        return (batch.Features.masked_fill(Hidden(batch.Features), missing), batch.Categories?.masked_fill(Hidden(batch.Categories), none));
    }
}
