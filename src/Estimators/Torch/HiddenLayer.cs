using MLExtensions.Trainers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>Linear, normalisation, activation, dropout.</summary>
internal sealed class HiddenLayer : nn.Module<Tensor, Tensor>
{
    private readonly LinearLayer _linear;
    private readonly BatchNorm1d? _batchNormalization;
    private readonly LayerNorm? _layerNormalization;
    private readonly HiddenActivation _activation;
    private readonly Dropout _dropout;

    /// <summary>Initialises the layer.</summary>
    public HiddenLayer(int inputs, NeuralNetworkOptions options, Generator initialization, Generator dropout)
        : base(nameof(HiddenLayer))
    {
        _activation = options.Activation;
        _dropout = new(options.DropoutRate, dropout);
        _linear = new LinearLayer(inputs, options.HiddenUnits, _activation.Gain(), initialization);
        _batchNormalization = options.Normalization == LayerNormalization.Batch ? nn.BatchNorm1d(options.HiddenUnits) : null;
        _layerNormalization = options.Normalization == LayerNormalization.Layer ? nn.LayerNorm(options.HiddenUnits) : null;
        RegisterComponents();
    }

    /// <summary>Whether rows of a batch influence each other in training.</summary>
    public bool NormalizesBatches => _batchNormalization is not null;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        var z = _linear.forward(input);
        z = _batchNormalization is { } batch ? Normalize(z, batch) : _layerNormalization?.forward(z) ?? z;
        return _dropout.Apply(_activation.Apply(z), training);
    }

    /// <summary>The layer as plain arrays.</summary>
    public DenseLayer ToDense()
    {
        if (_layerNormalization is { } layer)
            return _linear.ToDense(_activation, new(Numbers.Of(layer.weight!), Numbers.Of(layer.bias!), layer.eps));
        var dense = _linear.ToDense(_activation);
        return _batchNormalization is not { } batch
            ? dense
            : dense.Fold(Numbers.Of(batch.running_mean!), Numbers.Of(batch.running_var!), Numbers.Of(batch.weight!), Numbers.Of(batch.bias!), batch.eps);
    }

    // Not by its own forward, which counts batches with a number that the collector may free: see ScalarArithmetic. The momentum is its default.
    private Tensor Normalize(Tensor z, BatchNorm1d batch)
        => nn.functional.batch_norm(z, batch.running_mean, batch.running_var, batch.weight, batch.bias, training, momentum: 0.1, batch.eps);
}
