using MLExtensions.Trainers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>W x + b, initialised by a generator of its own; TorchSharp's linear module draws from the global one.</summary>
internal sealed class LinearLayer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter _weight;
    private readonly Parameter _bias;

    /// <summary>Draws W uniformly with variance gain^2 / inputs, and sets b to 0.</summary>
    public LinearLayer(int inputs, int outputs, double gain, Generator initialization)
        : this(inputs, outputs, weights => Initialization.KaimingUniform(weights, gain, initialization))
    {
    }

    /// <summary>Fills W in another way, and sets b to 0.</summary>
    public LinearLayer(int inputs, int outputs, Func<Tensor, Tensor> initialize)
        : base(nameof(LinearLayer))
    {
        _weight = new Parameter(initialize(empty(outputs, inputs)));
        _bias = new Parameter(zeros(outputs));
        RegisterComponents();
    }

    /// <summary>W, [outputs, inputs].</summary>
    public Tensor Weight => _weight;

    /// <summary>b, [outputs].</summary>
    public Tensor Bias => _bias;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => nn.functional.linear(input, _weight, _bias);

    /// <summary>The layer as plain arrays.</summary>
    /// <param name="activation">What follows it.</param>
    /// <param name="normalization">What comes between.</param>
    public DenseLayer ToDense(HiddenActivation? activation, RowNormalization? normalization = null)
        => new((int)_weight.shape[1], Numbers.Of(_weight), Numbers.Of(_bias)) { Activation = activation, Normalization = normalization };
}
