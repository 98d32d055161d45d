using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// The weights of a network in two contiguous vectors, those that decay and those that do not, and their gradients likewise. The module's parameters become
/// views of them, so that an optimiser, a clipping, a copy or a moving average takes one operation a vector instead of one a parameter.
/// </summary>
internal sealed class FlatParameters : IDisposable
{
    private readonly List<Tensor> _gradients = [];

    /// <summary>Moves the parameters of a module, which stay what they are to the module.</summary>
    /// <param name="module">The module, on its device.</param>
    public FlatParameters(nn.Module module)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var parameters = module.parameters().Where(parameter => parameter.requires_grad).ToArray();
        // Biases and the scales of normalisations are vectors: pulling them to 0 does not make a network smoother.
        Decaying = Flatten([.. parameters.Where(parameter => parameter.dim() > 1)]);
        Free = Flatten([.. parameters.Where(parameter => parameter.dim() <= 1)]);
        All = [.. new[] { Decaying, Free }.OfType<Parameter>()];
    }

    /// <summary>The weights that decay, those with two axes or more; <see langword="null"/> when there are none.</summary>
    public Parameter? Decaying { get; }

    /// <summary>The weights that do not decay: biases, scales and offsets.</summary>
    public Parameter? Free { get; }

    /// <summary>Both vectors, as far as there are any, with their gradients.</summary>
    public IReadOnlyList<Parameter> All { get; }

    /// <summary>The gradients of <see cref="All"/>.</summary>
    public IReadOnlyList<Tensor> Gradients => _gradients;

    /// <summary>Sets all gradients to 0.</summary>
    public void ZeroGradients()
    {
        foreach (var gradient in _gradients)
            gradient.zero_();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in All.Concat(_gradients))
            tensor.Dispose();
    }

    private Parameter? Flatten(Parameter[] parameters)
    {
        if (parameters.Length == 0)
            return null;
        var length = parameters.Sum(parameter => parameter.numel());
        var values = zeros(length, dtype: parameters[0].dtype, device: parameters[0].device);
        var gradients = zeros_like(values);
        var position = 0L;
        foreach (var parameter in parameters)
        {
            var shape = parameter.shape;
            var count = parameter.numel();
            var view = values.narrow(0, position, count).view(shape);
            view.copy_(parameter);
            parameter.set_(view);
            // Backward adds to a gradient that is there, in place.
            parameter.grad = gradients.narrow(0, position, count).view(shape);
            position += count;
        }
        _gradients.Add(gradients.DetachFromDisposeScope());
        var flat = new Parameter(values, requires_grad: false) { grad = gradients };
        flat.DetachFromDisposeScope();
        return flat;
    }
}
