using MLExtensions.Estimators.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>
/// The step of T-JEPA: from some columns of a row, as the context encoder sees them, predict other columns of the same row as the target encoder sees them, which follows the context encoder.
/// </summary>
/// <remarks>Source: H. Thimonier, J. L. De Melo Costa, F. Popineau, A. Rimmel, B.-L. Doan, "T-JEPA: Augmentation-Free Self-Supervised Learning for Tabular Data", ICLR 2025, section 4.</remarks>
internal sealed class TJepaStep : TrainingStep
{
    private const double FloorOfDeviations = 0.1;

    private readonly TJepaFeaturizer.Options _options;
    private readonly TJepaNetwork _module;
    private readonly TrainableNetwork _network;
    private readonly MovingAverage _average;
    private readonly ColumnEncoder _target;
    private readonly MaskSampler _masks;
    private readonly Generator _hiding;
    private readonly bool _hasMissing;
    private long _steps, _step;

    public TJepaStep(TJepaNetwork module, TrainableNetwork network, ColumnEncoder target, MaskSampler masks, TJepaFeaturizer.Options options, TorchFit fit, bool hasMissing)
    {
        (_module, _network, _target, _masks, _options, _hasMissing) = (module, network, target, masks, options, hasMissing);
        _average = new MovingAverage(target, module.Encoder);
        _hiding = fit.Generator(RandomUse.HiddenValues, fit.Device);
        Networks = [network];
    }

    public override IReadOnlyList<TrainableNetwork> Networks { get; }

    public override void Begin(long steps) => (_steps, _step) = (steps, 0);

    public override double Train(Batch batch, double learningRate)
    {
        _network.Parameters.ZeroGradients();
        var masks = _masks.Draw((int)batch.Count, batch.Features.device);
        var targets = Targets(batch, masks);
        var (numbers, categories) = Hide(batch);
        var context = _module.Context(numbers, categories, masks);
        var loss = nn.functional.mse_loss(_module.Predictor.forward(context, masks), targets);
        loss.backward();
        using var noGradient = no_grad();
        _network.Step();
        _average.Update(_options.EmaStart + (_step++ * (_options.EmaEnd - _options.EmaStart) / _steps));
        return loss.item<float>();
    }

    public override ValidationScore Validate(TrainingTable table) => new(0, null);

    public override void Dispose()
    {
        base.Dispose();
        _average.Dispose();
    }

    private Tensor Targets(Batch batch, Masks masks)
    {
        using var noGradient = no_grad();
        var tokens = _target.Tokens(batch.Features, batch.Categories, _hasMissing);
        var encoded = _target.Encode(tokens.view(-1, tokens.shape[2]), _target.Layout.TokenCount, _target.Layout.TokenCount);
        return encoded.index_select(0, masks.TargetTokens);
    }

    // Missing and unknown values get a meaning also in columns where no training row misses one.
    private (Tensor Numbers, Tensor? Categories) Hide(Batch batch)
    {
        if (_options.HiddenValueRate == 0)
            return (batch.Features, batch.Categories);
        using var noGradient = no_grad();
        using var missing = double.NaN.ToScalar();
        using var none = 0.ToScalar();
        Tensor Hidden(Tensor values) => empty(values.shape, ScalarType.Bool, values.device).bernoulli_(_options.HiddenValueRate, _hiding);
        return (batch.Features.masked_fill(Hidden(batch.Features), missing), batch.Categories?.masked_fill(Hidden(batch.Categories), none));
    }
}
