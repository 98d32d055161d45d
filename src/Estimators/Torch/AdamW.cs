using TorchSharp;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>Adam with decoupled weight decay.</summary>
/// <remarks>Source: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, arXiv:1711.05101, algorithm 2.</remarks>
internal sealed class AdamW : FlatOptimizer
{
    private const double FirstMomentDecay = 0.9, SecondMomentDecay = 0.999, Epsilon = 1e-8;

    private readonly Tensor[] _firstMoments;
    private readonly Tensor[] _secondMoments;
    private long _steps;

    /// <summary>Begins with moments of 0.</summary>
    /// <param name="parameters">The weights, and their gradients.</param>
    /// <param name="weightDecay">Share of the decaying weights that a step takes away, in units of the learning rate.</param>
    public AdamW(FlatParameters parameters, double weightDecay)
        : base(parameters, weightDecay)
    {
        _firstMoments = [.. parameters.All.Select(Zeros)];
        _secondMoments = [.. parameters.All.Select(Zeros)];
    }

    /// <inheritdoc/>
    public override void Step()
    {
        _steps++;
        using var firstDecay = FirstMomentDecay.ToScalar();
        using var firstShare = (1 - FirstMomentDecay).ToScalar();
        using var secondDecay = SecondMomentDecay.ToScalar();
        using var secondShare = (1 - SecondMomentDecay).ToScalar();
        using var correction = Math.Sqrt(1 - Math.Pow(SecondMomentDecay, _steps)).ToScalar();
        using var epsilon = Epsilon.ToScalar();
        using var one = 1.ToScalar();
        using var step = (-LearningRate / (1 - Math.Pow(FirstMomentDecay, _steps))).ToScalar();
        for (var i = 0; i < Parameters.All.Count; i++)
        {
            using var kept = (1 - (LearningRate * DecayOf(i))).ToScalar();
            var (weights, gradient) = (Parameters.All[i], Parameters.Gradients[i]);
            weights.mul_(kept);
            _firstMoments[i].mul_(firstDecay).add_(gradient, firstShare);
            _secondMoments[i].mul_(secondDecay).addcmul_(gradient, gradient, secondShare);
            using var deviations = _secondMoments[i].sqrt();
            deviations.div_(correction).add_(epsilon, one);
            weights.addcdiv_(_firstMoments[i], deviations, step);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var moments in _firstMoments.Concat(_secondMoments))
            moments.Dispose();
    }

    private static Tensor Zeros(Tensor weights) => zeros_like(weights).DetachFromDisposeScope();
}
