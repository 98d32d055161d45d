using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>Changes the weights of a network by their gradients, in a few operations on two long vectors.</summary>
/// <remarks>TorchSharp's own optimisers do the same arithmetic, but not safely beside other threads: see <see cref="ScalarArithmetic"/>.</remarks>
/// <param name="parameters">The weights, and their gradients.</param>
/// <param name="weightDecay">Decay of <see cref="FlatParameters.Decaying"/>, at least 0.</param>
internal abstract class FlatOptimizer(FlatParameters parameters, double weightDecay) : IDisposable
{
    /// <summary>Learning rate of the next steps.</summary>
    public double LearningRate { get; set; }

    /// <summary>The optimiser that the settings name.</summary>
    public static FlatOptimizer Of(FlatParameters parameters, TrainingSettings settings) => settings.Optimizer switch
    {
        NetworkOptimizer.Sgd => new GradientDescent(parameters, settings.WeightDecay, settings.Momentum, settings.Nesterov),
        _ => new AdamW(parameters, settings.WeightDecay),
    };

    /// <summary>Takes a step; without autograd.</summary>
    public abstract void Step();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The weights, and their gradients.</summary>
    protected FlatParameters Parameters => parameters;

    /// <summary>Decay of a vector of weights.</summary>
    protected double DecayOf(int vector) => ReferenceEquals(parameters.All[vector], parameters.Decaying) ? weightDecay : 0;
}
