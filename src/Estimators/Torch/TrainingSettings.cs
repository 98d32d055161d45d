using MLExtensions.Trainers;

namespace MLExtensions.Estimators.Torch;

/// <summary>How <see cref="TrainingLoop"/> trains, whatever the network and whoever's options: a component's own options say it in their words and give it as this.</summary>
internal sealed record TrainingSettings
{
    /// <summary>Largest number of passes over the rows, at least 1.</summary>
    public required int Epochs { get; init; }

    /// <summary>Rows per step, at least 1; <see langword="null"/> for <see cref="TrainingLoop.BatchSizeFor"/>.</summary>
    public int? BatchSize { get; init; }

    /// <summary>How gradients change the weights.</summary>
    public NetworkOptimizer Optimizer { get; init; } = NetworkOptimizer.AdamW;

    /// <summary>The largest learning rate, above 0.</summary>
    public required double LearningRate { get; init; }

    /// <summary>How the learning rate falls.</summary>
    public LearningRateDecay LearningRateDecay { get; init; } = LearningRateDecay.Cosine;

    /// <summary>Epochs over which the learning rate rises from 0 before it falls, at least 0 and below <see cref="Epochs"/>.</summary>
    public double WarmUpEpochs { get; init; }

    /// <summary>Share of the last change that <see cref="NetworkOptimizer.Sgd"/> keeps in the next one, 0 up to (not including) 1.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Whether <see cref="NetworkOptimizer.Sgd"/> looks ahead by its momentum.</summary>
    public bool Nesterov { get; init; }

    /// <summary>How much of a weight is taken away in a step, at least 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Longer gradients are shortened to this norm; <see langword="null"/> leaves them.</summary>
    public double? MaximumGradientNorm { get; init; }

    /// <summary>What tells the best epoch.</summary>
    public ValidationMetric ValidationMetric { get; init; } = ValidationMetric.Loss;

    /// <summary>With validation rows, training ends after this many epochs without a better one; at least 1.</summary>
    public int PatienceEpochs { get; init; } = int.MaxValue;
}
