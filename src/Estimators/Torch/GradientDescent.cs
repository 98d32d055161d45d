using TorchSharp;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// Stochastic gradient descent with momentum: the velocity is momentum times itself plus the gradient, a step is the learning rate times the velocity. Nesterov's variant
/// steps by the gradient plus momentum times the new velocity instead.
/// </summary>
internal sealed class GradientDescent : FlatOptimizer
{
    private readonly double _momentum;
    private readonly bool _nesterov;
    private readonly Tensor[] _velocities;

    /// <summary>Begins at rest.</summary>
    /// <param name="parameters">The weights, and their gradients.</param>
    /// <param name="weightDecay">What the gradient gets per unit of a decaying weight.</param>
    /// <param name="momentum">Share of the velocity that stays, at least 0 and below 1.</param>
    /// <param name="nesterov">Whether it is Nesterov's variant.</param>
    public GradientDescent(FlatParameters parameters, double weightDecay, double momentum, bool nesterov = false)
        : base(parameters, weightDecay)
    {
        (_momentum, _nesterov) = (momentum, nesterov);
        _velocities = [.. parameters.All.Select(weights => zeros_like(weights).DetachFromDisposeScope())];
    }

    /// <inheritdoc/>
    public override void Step()
    {
        using var momentum = _momentum.ToScalar();
        using var one = 1.ToScalar();
        using var step = (-LearningRate).ToScalar();
        for (var i = 0; i < Parameters.All.Count; i++)
        {
            using var decay = DecayOf(i).ToScalar();
            var (weights, gradient) = (Parameters.All[i], Parameters.Gradients[i]);
            gradient.add_(weights, decay);
            _velocities[i].mul_(momentum).add_(gradient, one);
            // The gradients are not needed any more: the next step starts by clearing them.
            weights.add_(_nesterov ? gradient.add_(_velocities[i], momentum) : _velocities[i], step);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var velocity in _velocities)
            velocity.Dispose();
    }
}
